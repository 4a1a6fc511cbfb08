/**
 * Runs the nodes that have an interval beside the frames of streams, as often as there is time.
 *
 * @module
 */

import type { ImageInput } from "../image/pixel_image.ts";
import type { PlannedNode, Segment } from "./pipeline_plan.ts";
import type { NodeValue, PoolName } from "./step.ts";
import type { StreamText } from "./text_memories.ts";

/** The last output of a node. */
export interface LatestValue {
  /** `undefined` before the first run. */
  value: NodeValue | undefined;
  /** The frame that it is of; `null` before the first. */
  frameIndex: number | null;
  /** Milliseconds that the run took; 0 once they have been reported. */
  ms: number;
}

/** A frame that a node may be run on. */
export interface IntervalOffer {
  /** Id of the pipeline. */
  pipelineId: string;
  /** The stream. */
  sessionId: string;
  /** The node, alone. */
  segment: Segment;
  /** Number of the frame in its stream. */
  frameIndex: number;
  /** Whether a client sends the frames, or a camera of the server gives them. */
  priority: FramePriority;
  /** Encoded; it is copied where the node is due. */
  frame: Uint8Array;
  /** Resolves with the values that the node takes, by id, when the frame's own nodes are through: this must not delay them. */
  given: Promise<Record<string, NodeValue>>;
  /** What is known of the stream's text. */
  text: StreamText;
}

/** Where the frames of a stream come from; those of a client go first. */
export type FramePriority = "stream" | "camera";

/** What the runs of a node need. */
export interface IntervalTask {
  /** Id of the pipeline. */
  pipelineId: string;
  /** The node, alone. */
  segment: Segment;
  /** The stream. */
  sessionId: string;
  /** Whether a client sends its frames, or a camera gives them. */
  priority: FramePriority;
  /** Encoded. */
  image: ImageInput;
  /** The values of the nodes that it takes from, by id. */
  given: Readonly<Record<string, NodeValue>>;
  /** What is known of the stream's text. */
  text: StreamText;
}

/** A frame that waits for its turn. */
interface WaitingFrame {
  priority: FramePriority;
  frameIndex: number;
  image: Uint8Array;
  /** Resolves when the frame's own nodes are through. */
  given: Promise<Record<string, NodeValue>>;
  text: StreamText;
}

/** A node of a stream. */
interface Entry {
  pipelineId: string;
  sessionId: string;
  segment: Segment;
  latest: LatestValue;
  /** Why the last run failed; reported once. */
  failure: unknown;
  /** The newest frame that waits. */
  waiting: WaitingFrame | undefined;
  /** When the next run may start, in monotonic milliseconds. */
  nextAt: number;
  /** Whether it is running now. */
  isRunning: boolean;
}

const NOTHING: LatestValue = { value: undefined, frameIndex: null, ms: 0 };

/**
 * Runs a bounded number of nodes at a time on each kind of worker, on the newest frame of the stream whose turn it is: one that
 * reads for seconds keeps none from looking for objects.
 *
 * A run of a node in a stream starts no sooner than its interval after the last one, however many frames come.
 */
export class IntervalNodes {
  readonly #run: (task: IntervalTask) => Promise<{ value: NodeValue; ms: number }>;
  /** By stream and node, in the order of their turns. */
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<PoolName, number>();
  readonly #mostAtOnce: (pool: PoolName) => number;

  /**
   * Begins without streams.
   *
   * @param run Runs one node; its failure leaves the stream with the value that it has
   * @param mostAtOnce How many nodes may run at a time on a kind of worker; one by default
   */
  constructor(
    run: (task: IntervalTask) => Promise<{ value: NodeValue; ms: number }>,
    mostAtOnce: (pool: PoolName) => number = () => 1,
  ) {
    this.#run = run;
    this.#mostAtOnce = mostAtOnce;
  }

  /** Takes a frame where a node is due; call it with every frame. */
  offer(
    { pipelineId, sessionId, segment, frameIndex, priority, frame, given, text }: IntervalOffer,
  ): void {
    const [node] = segment.nodes;
    const entry = this.#entries.getOrInsertComputed(keyOf(sessionId, node), () => ({
      pipelineId,
      sessionId,
      segment,
      latest: NOTHING,
      failure: undefined,
      waiting: undefined,
      nextAt: 0,
      isRunning: false,
    }));
    if (performance.now() < entry.nextAt) return;
    entry.waiting = { frameIndex, priority, image: new Uint8Array(frame), given, text };
    this.#runNext();
  }

  /** The last output of a node in a stream; the time of each run is reported once. */
  take(sessionId: string, node: PlannedNode): LatestValue {
    const entry = this.#entries.get(keyOf(sessionId, node));
    if (entry === undefined) return NOTHING;
    const { latest } = entry;
    entry.latest = { ...latest, ms: 0 };
    return latest;
  }

  /** Why the last run of a node failed in a stream; `undefined` if it did not, or if that was reported already. */
  takeFailure(sessionId: string, node: PlannedNode): unknown {
    const entry = this.#entries.get(keyOf(sessionId, node));
    const failure = entry?.failure;
    if (entry !== undefined) entry.failure = undefined;
    return failure;
  }

  /** Forgets a stream. */
  endSession(sessionId: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.sessionId === sessionId) this.#entries.delete(key);
    }
  }

  #runNext(): void {
    for (const [key, entry] of this.#entries) {
      const { waiting, segment: { nodes, pool } } = entry;
      const running = this.#running.get(pool) ?? 0;
      if (waiting === undefined || entry.isRunning || running >= this.#mostAtOnce(pool)) continue;
      entry.waiting = undefined;
      entry.isRunning = true;
      entry.nextAt = performance.now() + (nodes[0].intervalMs ?? 0);
      this.#running.set(pool, running + 1);
      this.#runOn(entry, waiting).finally(() => {
        entry.isRunning = false;
        this.#running.set(pool, (this.#running.get(pool) ?? 1) - 1);
        // To the end of the line, unless its stream has ended meanwhile.
        if (this.#entries.delete(key)) this.#entries.set(key, entry);
        this.#runNext();
      });
    }
  }

  async #runOn(entry: Entry, waiting: WaitingFrame): Promise<void> {
    const { frameIndex, priority, image, given, text } = waiting;
    const { pipelineId, sessionId, segment } = entry;
    try {
      const task = { pipelineId, sessionId, segment, priority, image, given: await given, text };
      const { value, ms } = await this.#run(task);
      entry.latest = { value, frameIndex, ms };
    } catch (error) {
      // The pool itself reports a lost worker.
      entry.failure = error;
    }
  }
}

function keyOf(sessionId: string, { id }: PlannedNode): string {
  return JSON.stringify([sessionId, id]);
}
