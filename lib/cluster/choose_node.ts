/**
 * Which of several nodes is to compute next.
 *
 * @module
 */

import type { PoolLoad } from "../workers/worker_pool.ts";

/**
 * Of so few nodes the best is taken. Of more, the better one of two is, which are drawn by lot, since what is known of nodes is up to
 * a second old: if all went to the one that was the best, it would be the worst by the time that it can say so.
 */
export const FEW_NODES = 8;

/** How often another node is drawn where the same was drawn twice; it may have nearly all of the workers. */
const MOST_DRAWS = 8;

/** What a node that has not computed yet is taken to need for a task when lots are drawn, in milliseconds. */
const NEW_TASK_MS = 50;

/** Whether a task is better done at one place than at another: where more workers are free, else where it is done first. */
export function isBetterPlace(one: PoolLoad, other: PoolLoad): boolean {
  const [free, otherFree] = [freeWorkers(one), freeWorkers(other)];
  return free > otherFree || free === otherFree && doneMs(one) < doneMs(other);
}

/**
 * Chooses a node for a task.
 *
 * @param nodes Those that can be asked, each with a worker or more
 * @param loadOf How much a node has to do, as far as it is known here
 * @param random As `Math.random`
 * @returns `undefined` where there are none
 */
export function chooseNode<Node>(
  nodes: readonly Node[],
  loadOf: (node: Node) => PoolLoad,
  random: () => number = Math.random,
): Node | undefined {
  if (nodes.length <= FEW_NODES) return bestOf(nodes, loadOf);
  const total = nodes.reduce((sum, node) => sum + speed(loadOf(node)), 0);
  const first = draw(nodes, loadOf, random() * total);
  let second = first;
  for (let draws = 0; second === first && draws < MOST_DRAWS; draws++) {
    second = draw(nodes, loadOf, random() * total);
  }
  return bestOf([first, second], loadOf);
}

/** The best of some nodes; the first of equal ones. */
export function bestOf<Node>(
  nodes: readonly Node[],
  loadOf: (node: Node) => PoolLoad,
): Node | undefined {
  let best: Node | undefined;
  let least: PoolLoad | undefined;
  for (const node of nodes) {
    const load = loadOf(node);
    if (least !== undefined && !isBetterPlace(load, least)) continue;
    [best, least] = [node, load];
  }
  return best;
}

/** The node at a place on a line on which each takes as much as it can do. */
function draw<Node>(
  nodes: readonly Node[],
  loadOf: (node: Node) => PoolLoad,
  place: number,
): Node {
  let rest = place;
  for (const node of nodes) {
    rest -= speed(loadOf(node));
    if (rest < 0) return node;
  }
  return nodes.at(-1) as Node;
}

/** Tasks that a node does in a millisecond. */
function speed({ workers, taskMs }: PoolLoad): number {
  return workers / Math.max(1, taskMs || NEW_TASK_MS);
}

function freeWorkers({ workers, underWay }: PoolLoad): number {
  return Math.max(0, workers - underWay);
}

/** Milliseconds until one more task would be done; a node that has not computed yet is taken for a fast one. */
function doneMs({ workers, taskMs, underWay }: PoolLoad): number {
  return (underWay + 1) * Math.max(1, taskMs) / workers;
}
