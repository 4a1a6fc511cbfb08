/**
 * The other nodes of the cluster, and which of them is to compute next.
 *
 * @module
 */

import type { PoolName } from "../pipeline/step.ts";
import type { PoolLoad } from "../workers/worker_pool.ts";
import { chooseNode, isBetterPlace } from "./choose_node.ts";
import type { Announcement, NodeLoad } from "./cluster_messages.ts";

/** A node that says nothing for so long is taken for dead, in milliseconds; it announces itself every second. */
const SILENCE_MS = 3000;

/** Stands for this machine among the places to compute. */
export const HERE: unique symbol = Symbol("here");

/** A node as it was heard last. */
interface KnownNode {
  announcement: Announcement;
  heardAt: number;
  /** Why the two do not work together; `undefined` where they do. */
  difference: string | undefined;
  /** Tasks of this machine that it has now. */
  asked: Record<PoolName, number>;
  /** Tasks of others that it had when it told last. */
  others: Record<PoolName, number>;
  /** Each tells somebody who waits for the node that it is lost; taken away with the answer, since nodes live for long. */
  waiting: Set<() => void>;
}

/** A node as `GET /health` shows it. */
export interface NodeStatus extends Pick<Announcement, "id" | "name" | "role" | "version"> {
  /** Workers that find objects. */
  workers: number;
  /** Tasks that they have, or that wait for them. */
  underWay: number;
  /** Why it does not work together with this one; `undefined` where it does. */
  difference: string | undefined;
}

/** What a node is found to be when it announces itself. */
export interface Heard {
  /** Whether it was not known, or has just begun to leave. */
  change: "new" | "leaving" | undefined;
  /** Why it does not work together with this one; `undefined` where it does. */
  difference: string | undefined;
}

/**
 * Keeps what other nodes tell of themselves, and how much this one has asked of each since.
 *
 * All times are monotonic milliseconds.
 */
export class NodeDirectory {
  readonly #self: Pick<Announcement, "id" | "version" | "hash">;
  readonly #nodes = new Map<string, KnownNode>();

  /** Begins without other nodes. */
  constructor(self: Pick<Announcement, "id" | "version" | "hash">) {
    this.#self = self;
  }

  /** Takes what a node tells of itself; `undefined` where it is this one. */
  heard(announcement: Announcement, now: number): Heard | undefined {
    const { id } = announcement;
    if (id === this.#self.id) return undefined;
    const before = this.#nodes.get(id);
    const isLeaving = announcement.isLeaving && before?.announcement.isLeaving === false;
    const node = before ?? {
      announcement,
      heardAt: now,
      difference: differenceOf(announcement, this.#self),
      asked: { detection: 0, reading: 0 },
      others: { detection: 0, reading: 0 },
      waiting: new Set<() => void>(),
    };
    node.announcement = announcement;
    node.heardAt = now;
    this.#nodes.set(id, node);
    this.told(id, announcement.load);
    const change = before === undefined ? "new" : isLeaving ? "leaving" : undefined;
    return { change, difference: node.difference };
  }

  /** Takes how much a node has to do now. */
  told(id: string, load: NodeLoad): void {
    const node = this.#nodes.get(id);
    if (node === undefined) return;
    node.announcement = { ...node.announcement, load };
    for (const pool of ["detection", "reading"] as const) {
      // Its figure holds what this machine has asked, which is known here to the moment.
      node.others[pool] = Math.max(0, load[pool].underWay - node.asked[pool]);
    }
  }

  /**
   * Counts a task that is sent to a node.
   *
   * @returns `gone` resolves if the node is lost; `done` is to be called in the end, once or more. `undefined` where it is unknown
   */
  ask(id: string, pool: PoolName): { gone: Promise<void>; done: () => void } | undefined {
    const node = this.#nodes.get(id);
    if (node === undefined) return undefined;
    node.asked[pool] += 1;
    const { promise: gone, resolve } = Promise.withResolvers<void>();
    node.waiting.add(resolve);
    const done = () => {
      if (node.waiting.delete(resolve)) node.asked[pool] -= 1;
    };
    return { gone, done };
  }

  /** Whether a node computes whose results depend on what this hash stands for. */
  isComputing(hash: string): boolean {
    return this.#nodes.values().some(({ announcement }) =>
      announcement.hash === hash && announcement.load.detection.workers > 0 &&
      !announcement.isLeaving
    );
  }

  /** Forgets a node; what it was asked is to be asked of others. */
  lose(id: string): Announcement | undefined {
    const node = this.#nodes.get(id);
    if (node === undefined) return undefined;
    this.#nodes.delete(id);
    for (const tell of node.waiting) tell();
    return node.announcement;
  }

  /** Forgets the nodes that have been silent, and returns them. */
  sweep(now: number): Announcement[] {
    const silent = [...this.#nodes].filter(([, { heardAt }]) => now - heardAt > SILENCE_MS);
    return silent.flatMap(([id]) => this.lose(id) ?? []);
  }

  /** Forgets all nodes. */
  clear(): void {
    for (const id of this.#nodes.keys()) this.lose(id);
  }

  /** Workers of a kind on nodes that can be asked. */
  workers(pool: PoolName): number {
    return this.#usable(pool).reduce(
      (sum, { announcement: { load } }) => sum + load[pool].workers,
      0,
    );
  }

  /** Nodes that work together with this one, which is not counted. */
  get size(): number {
    return [...this.#nodes.values()].filter(({ difference }) => difference === undefined).length;
  }

  /** All nodes that are known, in the order in which they came. */
  list(): NodeStatus[] {
    return Array.from(this.#nodes.values(), ({ announcement, difference }) => {
      const { id, name, role, version, load: { detection } } = announcement;
      return { id, name, role, version, ...detection, difference };
    });
  }

  /** What a node is called; its id where it is unknown. */
  nameOf(id: string): string {
    return this.#nodes.get(id)?.announcement.name ?? id;
  }

  /**
   * Chooses where a task is to go: here where a worker is free, else to another node, as {@linkcode chooseNode} says, unless it would
   * not be done sooner there.
   *
   * @param here How much the workers of this machine have to do
   * @param without Ids of nodes that are not to be asked
   * @returns {@linkcode HERE}, the id of a node, or `undefined` where there is none
   */
  choose(
    pool: PoolName,
    here: PoolLoad,
    without: ReadonlySet<string> = new Set(),
  ): typeof HERE | string | undefined {
    if (here.workers > here.underWay) return HERE;
    const loadOf = ({ announcement: { load }, asked, others }: KnownNode): PoolLoad => ({
      ...load[pool],
      underWay: asked[pool] + others[pool],
    });
    const nodes = this.#usable(pool).filter(({ announcement: { id } }) => !without.has(id));
    const node = chooseNode(nodes, loadOf);
    const isHere = here.workers > 0 && (node === undefined || !isBetterPlace(loadOf(node), here));
    return isHere ? HERE : node?.announcement.id;
  }

  #usable(pool: PoolName): KnownNode[] {
    return [...this.#nodes.values()].filter(({ announcement: { load, isLeaving }, difference }) =>
      difference === undefined && !isLeaving && load[pool].workers > 0
    );
  }
}

/** What people call a node, at the beginning of a sentence. */
export function nodeName({ name, role }: Pick<Announcement, "name" | "role">): string {
  return `The ${role === "worker" ? "worker" : "server"} on ${name}`;
}

/** Why two nodes do not work together, in a sentence that names the other; `undefined` where they do. */
function differenceOf(
  { name, role, version, hash }: Announcement,
  self: Pick<Announcement, "version" | "hash">,
): string | undefined {
  const node = nodeName({ name, role });
  if (version !== self.version) {
    return `${node} has version ${version} and this one ${self.version}, so neither computes for the other`;
  }
  if (hash === self.hash) return undefined;
  return `${node} has other models, pipelines or detector settings than this one, so neither computes ` +
    "for the other: set YOLO_*, OCR_MODEL, OCR_PRECISION, PIPELINE_INPUT_SIZE, " +
    "STREAM_MAX_FRAME_PIXELS and the files of MODEL_DIR and PIPELINE_DIR alike";
}
