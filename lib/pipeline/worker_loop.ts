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
}

/**
 * Answers the pool's requests, one at a time.
 *
 * @param start Loads what is needed, and returns what runs a task
 */
export function runWorkerLoop<Setup, Task, Outcome>(
  start: (setup: Setup) => Promise<(task: Task) => Promise<Outcome>>,
): void {
  const scope = self as unknown as WorkerScope<Setup, Task, Outcome>;
  let run: ((task: Task) => Promise<Outcome>) | undefined;

  async function answer(request: WorkerRequest<Setup, Task>): Promise<WorkerReply<Outcome>> {
    if (request.type === "start") {
      run = await start(request.setup);
      setInterval(() => scope.postMessage({ type: "heartbeat" }), HEARTBEAT_INTERVAL_MS);
      return { type: "ready" };
    }
    if (run === undefined) throw new TypeError("Cannot run a task before the start");
    return { type: "done", outcome: await run(request.task) };
  }

  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage(await answer(data));
    } catch (error) {
      scope.postMessage(toFailure(error));
    }
  };
}

function toFailure(error: unknown): WorkerFailure {
  const inner = error instanceof ImageDecodeError ? error.cause ?? error : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  if (error instanceof ImageDecodeError) return { type: "failed", kind: "undecodable", message };
  if (error instanceof ImageTooLargeError) return { type: "failed", kind: "too_large", message };
  return { type: "failed", kind: "internal", message };
}
