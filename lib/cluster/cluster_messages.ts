/**
 * What the machines of a cluster tell each other, and under which subjects.
 *
 * @module
 */

import type { SegmentRun } from "../pipeline/segment_dispatcher.ts";
import type { PoolName } from "../pipeline/step.ts";
import type { SegmentOutcome } from "../pipeline/worker_tasks.ts";
import type { PoolLoad, Turn } from "../workers/worker_pool.ts";
import type { WorkerFailure } from "../workers/worker_messages.ts";

/** What a node does: `serve` answers clients and may compute, `worker` only computes. */
export type NodeRole = "serve" | "worker";

/** How much a node has to do, by the kind of its workers. */
export type NodeLoad = Readonly<Record<PoolName, PoolLoad>>;

/** What a node tells all others every second. */
export interface Announcement {
  /** Of this run of the program. */
  id: string;
  /** Host name of the machine. */
  name: string;
  /** What the node does. */
  role: NodeRole;
  /** Version of livesyte. */
  version: string;
  /** What its results depend on; see {@linkcode PipelineService.fingerprint}. */
  hash: string;
  /** How much it has to do. */
  load: NodeLoad;
  /** Whether it finishes what it has and takes no more. */
  isLeaving: boolean;
}

/** A task for another node; a packet. */
export interface TaskMessage extends Omit<SegmentRun, "turn"> {
  /** Version and hash of the node that asks, which have to be those of the node that is asked. */
  equal: Pick<Announcement, "version" | "hash">;
  /** Whose turn it is; `null` for no bound. */
  turn: Pick<Turn, "sessionId" | "priority"> & { mostAtOnce: number | null };
}

/** What a node answers to a task, always with how much it has to do now; a packet. */
export type TaskAnswer =
  & { load: NodeLoad }
  & (
    | { outcome: SegmentOutcome; wait: number }
    | { failure: Omit<WorkerFailure, "type"> }
    | { refusal: "full" | "unequal" | "unreadable" }
  );

/** The answers of a stream for viewers elsewhere; a packet. */
export type StreamMessage =
  | { text: string; frame?: Uint8Array<ArrayBuffer> }
  | { ended: true };

/** What a gateway tells every few seconds while somebody there watches a stream of another. */
export interface WatchMessage {
  /** The gateway that the viewers are connected to. */
  gateway: string;
  /** The stream. */
  sessionId: string;
  /** Viewers there; 0 when the last has left. */
  viewers: number;
  /** Whether one of them wants the frames too. */
  wantsFrames: boolean;
}

/** The subjects of one cluster. */
export class Subjects {
  readonly #prefix: string;

  /**
   * Those of a cluster.
   *
   * @param cluster Its name: letters, digits, `-` and `_`
   */
  constructor(cluster: string) {
    this.#prefix = `livesyte.${cluster}`;
  }

  /** Where nodes announce themselves. */
  get nodes(): string {
    return `${this.#prefix}.nodes`;
  }

  /** Where gateways tell which streams are watched. */
  get watch(): string {
    return `${this.#prefix}.watch`;
  }

  /** Where a node takes tasks. */
  node(id: string): string {
    return `${this.#prefix}.node.${id}`;
  }

  /** Where the answers of a stream are published while they are watched. */
  session(id: string): string {
    return `${this.#prefix}.session.${id}`;
  }
}
