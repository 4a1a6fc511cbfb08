/**
 * The side of the workers in their conversation with {@linkcode WorkerPool}.
 *
 * @module
 */

import { ImageDecodeError, ImageTooLargeError } from "./errors.ts";
import {
  HEARTBEAT_INTERVAL_MS,
  type WorkerFailure,
  type WorkerReply,
  type WorkerRequest,
} from "./worker_messages.ts";

/** The part of a dedicated worker's global scope that is used here. */
interface WorkerScope<Setup, Task, Outcome> {
  postMessage(message: WorkerReply<Outcome>): void;
  onmessage: ((event: MessageEvent<WorkerRequest<Setup, Task>>) => void) | null;
  onerror: ((event: ErrorEvent) => void) | null;
  onunhandledrejection: ((event: PromiseRejectionEvent) => void) | null;
  close(): void;
}

/** What a worker does with its models. */
export interface WorkerModels<Task, Outcome> {
  /** Runs one task. */
  run(task: Task): Promise<Outcome>;
  /** Frees the models. */
  release(): Promise<void>;
}

/**
 * Answers the pool's requests, one at a time.
 *
 * The memory of models is native, and is not given back when a worker is ended from outside. So it is freed here when the worker
 * is told to end, or dies of an error that nobody has caught.
 *
 * @param start Loads what is needed
 */
export function runWorkerLoop<Setup, Task, Outcome>(
  start: (setup: Setup) => Promise<WorkerModels<Task, Outcome>>,
): void {
  const scope = self as unknown as WorkerScope<Setup, Task, Outcome>;
  let models: WorkerModels<Task, Outcome> | undefined;

  async function answer(request: WorkerRequest<Setup, Task>): Promise<WorkerReply<Outcome>> {
    if (request.type === "start") {
      models = await start(request.setup);
      setInterval(() => scope.postMessage({ type: "heartbeat" }), HEARTBEAT_INTERVAL_MS);
      return { type: "ready" };
    }
    if (models === undefined) throw new TypeError("Cannot run a task before the start");
    if (request.type === "run") return { type: "done", outcome: await models.run(request.task) };
    await models.release();
    return { type: "ended" };
  }

  async function die(event: Event, reason: unknown): Promise<void> {
    event.preventDefault();
    await models?.release().catch(() => {});
    scope.postMessage({ type: "died", message: String(reason) });
    scope.close();
  }

  scope.onerror = (event) => void die(event, event.message);
  scope.onunhandledrejection = (event) => void die(event, event.reason);
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage(await answer(data));
    } catch (error) {
      scope.postMessage(toFailure(error));
    }
    if (data.type === "end") scope.close();
  };
}

function toFailure(error: unknown): WorkerFailure {
  const inner = error instanceof ImageDecodeError ? error.cause ?? error : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  if (error instanceof ImageDecodeError) return { type: "failed", kind: "undecodable", message };
  if (error instanceof ImageTooLargeError) return { type: "failed", kind: "too_large", message };
  return { type: "failed", kind: "internal", message };
}
