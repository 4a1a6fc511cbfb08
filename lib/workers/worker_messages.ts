/** The messages between {@linkcode WorkerPool} and its workers. */

/**
 * What a worker is sent: it answers `start` with `ready`, and `run` with `done`, or either with `failed`. With `end` it frees
 * its models, answers `ended` and closes.
 */
export type WorkerRequest<Setup, Task> =
  | { type: "start"; setup: Setup }
  | { type: "run"; task: Task }
  | { type: "end" };

/** Why a worker could not do what it was asked. */
export interface WorkerFailure {
  /** Distinguishes it from the other replies. */
  type: "failed";
  /** What kind of failure it is, in the words of those who give the tasks. */
  kind: string;
  /** Of the error that was thrown. */
  message: string;
}

/** What a worker answers; `heartbeat` comes every second on its own, and `died` as its last word. */
export type WorkerReply<Outcome> =
  | { type: "ready" }
  | { type: "heartbeat" }
  | { type: "done"; outcome: Outcome }
  | { type: "ended" }
  | { type: "died"; message: string }
  | WorkerFailure;

/** Time between two heartbeats, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 1000;

/** What a pool has to know about its tasks. */
export interface TaskRules<Task> {
  /**
   * The task in a form that can be given away.
   *
   * @returns `transfer`: the memory that goes to the worker with it
   */
  own(task: Task): { task: Task; transfer: Transferable[] };
  /** The error for a task that its worker could not do. */
  toError(failure: WorkerFailure): Error;
  /** The error for a task whose worker was lost, or that no worker will take any more. */
  toLoss(cause: unknown): Error;
}
