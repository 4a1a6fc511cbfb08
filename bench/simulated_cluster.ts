/** A cluster in which time is only counted. */

import type { PoolLoad } from "../lib/workers/worker_pool.ts";
import { EventQueue } from "./event_queue.ts";

/** A node as a gateway knows it. */
export interface KnownLoad extends PoolLoad {
  readonly index: number;
  /** Tasks of this gateway that it has. */
  asked: number;
  /** Tasks of others that it had when it told last. */
  others: number;
}

/** Chooses a node; `random` is as `Math.random`, and the same in each run. */
export type Rule = (
  nodes: readonly KnownLoad[],
  random: () => number,
) => KnownLoad | undefined;

/** What is simulated. */
export interface SimulationOptions {
  nodes: number;
  streams: number;
  gateways: number;
  /** Work, as a share of what all nodes can do. */
  load: number;
  /** Time that is simulated, in seconds; the first fifth is not counted. */
  seconds: number;
  rule: Rule;
}

/** What came of it. */
export interface SimulationResult {
  /** Share of the frames that were dropped because the one before was not answered yet, or everything was full. */
  dropped: number;
  /** From a frame's arrival at its gateway to its answer there. */
  age50Ms: number;
  age95Ms: number;
  /** Jain's fairness index of the answers of all streams. */
  jain: number;
}

/** A node: tasks wait in the order in which they come, and each stream has one at most. */
interface Node {
  index: number;
  workers: number;
  taskMs: number;
  running: number;
  /** Called when the task is done. */
  waiting: (() => void)[];
  /** How many of `waiting` have been taken. */
  taken: number;
}

interface Stream {
  gateway: KnownLoad[];
  isBusy: boolean;
  /** When the frame that waits has arrived; `undefined` for none. */
  waitingSince: number | undefined;
  answers: number;
}

/** Milliseconds from a gateway to a node, and back. */
const WAY_MS = 0.5;
const ANNOUNCE_MS = 1000;
/** Tasks for each worker above which a node refuses; see lib/cluster/compute_node.ts. */
const MOST_FOR_EACH_WORKER = 64;
/** A task takes this much longer or shorter, at random. */
const SPREAD = 0.3;
const WARM_UP = 0.2;

/** One run, which is the same each time. */
export class Simulation {
  readonly #options: SimulationOptions;
  readonly #random: () => number = seededRandom(17);
  readonly #events = new EventQueue();
  readonly #nodes: Node[];
  readonly #gateways: KnownLoad[][];
  readonly #streams: Stream[];
  readonly #ages: number[] = [];
  readonly #gapMs: number;
  #frames = 0;
  #dropped = 0;

  /** Begins with idle nodes, of which nothing is known but their size. */
  constructor(options: SimulationOptions) {
    this.#options = options;
    const { nodes, gateways, streams, load } = options;
    this.#nodes = Array.from({ length: nodes }, (_, index) => ({
      index,
      workers: 1 + Math.floor(this.#random() * 4),
      taskMs: 15 * 4 ** this.#random(),
      running: 0,
      waiting: [],
      taken: 0,
    }));
    this.#gateways = Array.from({ length: gateways }, () => this.#nodes.map(known));
    this.#streams = Array.from({ length: streams }, (_, index) => ({
      gateway: this.#gateways[index % gateways] ?? [],
      isBusy: false,
      waitingSince: undefined,
      answers: 0,
    }));
    const most = this.#nodes.reduce((sum, { workers, taskMs }) => sum + workers / taskMs, 0);
    this.#gapMs = streams / (most * load);
  }

  /** Runs it. */
  run(): SimulationResult {
    const endMs = this.#options.seconds * 1000;
    for (const stream of this.#streams) {
      this.#events.add(this.#random() * this.#gapMs, () => this.#arrives(stream));
    }
    for (const node of this.#nodes) {
      this.#events.add(this.#random() * ANNOUNCE_MS, () => this.#announces(node));
    }
    this.#events.run(endMs);
    const ages = Float64Array.from(this.#ages).sort();
    const answers = this.#streams.map((stream) => stream.answers);
    const sum = answers.reduce((total, count) => total + count, 0);
    const squares = answers.reduce((total, count) => total + count ** 2, 0);
    return {
      dropped: this.#dropped / this.#frames,
      age50Ms: ages[Math.floor(0.5 * ages.length)] ?? NaN,
      age95Ms: ages[Math.floor(0.95 * ages.length)] ?? NaN,
      jain: sum ** 2 / (answers.length * squares),
    };
  }

  get #isCounted(): boolean {
    return this.#events.nowMs > WARM_UP * this.#options.seconds * 1000;
  }

  #announces(node: Node): void {
    const underWay = underWayAt(node);
    for (const gateway of this.#gateways) told(gateway[node.index], underWay);
    this.#events.add(ANNOUNCE_MS, () => this.#announces(node));
  }

  /** A frame of a camera comes; the newest waits while one is under way. */
  #arrives(stream: Stream): void {
    this.#events.add(this.#gapMs, () => this.#arrives(stream));
    if (this.#isCounted) this.#frames += 1;
    if (!stream.isBusy) {
      this.#send(stream, this.#events.nowMs);
      return;
    }
    if (stream.waitingSince !== undefined) this.#drop();
    stream.waitingSince = this.#events.nowMs;
  }

  #drop(): void {
    if (this.#isCounted) this.#dropped += 1;
  }

  #send(stream: Stream, arrivedMs: number): void {
    const place = this.#options.rule(stream.gateway, this.#random);
    const node = this.#nodes[place?.index ?? -1];
    if (place === undefined || node === undefined) return;
    stream.isBusy = true;
    place.asked += 1;
    place.underWay = place.asked + place.others;
    this.#events.add(WAY_MS, () => this.#reaches(node, place, stream, arrivedMs));
  }

  #reaches(node: Node, place: KnownLoad, stream: Stream, arrivedMs: number): void {
    const done = (isAnswer: boolean) => {
      const underWay = underWayAt(node);
      this.#events.add(WAY_MS, () => {
        place.asked -= 1;
        told(place, underWay);
        this.#answered(stream, arrivedMs, isAnswer);
      });
    };
    if (underWayAt(node) >= node.workers * MOST_FOR_EACH_WORKER) done(false);
    else {
      node.waiting.push(() => done(true));
      this.#work(node);
    }
  }

  #work(node: Node): void {
    if (node.running === node.workers || node.taken === node.waiting.length) return;
    const done = node.waiting[node.taken++];
    if (node.taken > 100 && 2 * node.taken > node.waiting.length) {
      node.waiting.splice(0, node.taken);
      node.taken = 0;
    }
    node.running += 1;
    const ms = node.taskMs * (1 + SPREAD * (2 * this.#random() - 1));
    this.#events.add(ms, () => {
      node.running -= 1;
      this.#work(node);
      done?.();
    });
  }

  #answered(stream: Stream, arrivedMs: number, isAnswer: boolean): void {
    if (!isAnswer) this.#drop();
    else if (this.#isCounted) {
      stream.answers += 1;
      this.#ages.push(this.#events.nowMs - arrivedMs);
    }
    stream.isBusy = false;
    const { waitingSince } = stream;
    stream.waitingSince = undefined;
    if (waitingSince !== undefined) this.#send(stream, waitingSince);
  }
}

function known({ index, workers, taskMs }: Node): KnownLoad {
  return { index, workers, taskMs, underWay: 0, asked: 0, others: 0 };
}

function underWayAt({ running, waiting, taken }: Node): number {
  return running + waiting.length - taken;
}

/** Takes what a node tells, as lib/cluster/node_directory.ts does. */
function told(known: KnownLoad | undefined, underWay: number): void {
  if (known === undefined) return;
  known.others = Math.max(0, underWay - known.asked);
  known.underWay = known.asked + known.others;
}

/** Numbers from 0 to 1 that are the same in each run (mulberry32). */
function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 4294967296;
  };
}
