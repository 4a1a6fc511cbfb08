/**
 * The side of the workers in their conversation with {@linkcode WorkerPool}.
 *
 * @module
 */

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
 * is asked to end, or dies of an uncaught error.
 *
 * @param start Loads what is needed
 * @param describeError Describes to the pool the error that a task ended with
 */
export function runWorkerLoop<Setup, Task, Outcome>(
  start: (setup: Setup) => Promise<WorkerModels<Task, Outcome>>,
  describeError: (error: unknown) => Omit<WorkerFailure, "type">,
): void {
  const scope = self as unknown as WorkerScope<Setup, Task, Outcome>;
  let models: Promise<WorkerModels<Task, Outcome>> | undefined;
  let isDying = false;

  async function answer(request: WorkerRequest<Setup, Task>): Promise<WorkerReply<Outcome>> {
    if (request.type === "start") {
      models = start(request.setup);
      await models;
      setInterval(() => scope.postMessage({ type: "heartbeat" }), HEARTBEAT_INTERVAL_MS);
      return { type: "ready" };
    }
    if (models === undefined) throw new TypeError("Cannot run a task before the start");
    const { run, release } = await models;
    if (request.type === "run") return { type: "done", outcome: await run(request.task) };
    await release();
    return { type: "ended" };
  }

  async function die(event: Event, reason: unknown): Promise<void> {
    event.preventDefault();
    if (isDying) return;
    isDying = true;
    await models?.then(({ release }) => release()).catch(() => {});
    scope.postMessage({ type: "died", message: String(reason) });
    scope.close();
  }

  // Not `onerror`, which is given the event's parts one by one.
  addEventListener("error", (event) => void die(event, event.message));
  addEventListener("unhandledrejection", (event) => void die(event, event.reason));
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage(await answer(data));
    } catch (error) {
      scope.postMessage({ type: "failed", ...describeError(error) });
    }
    if (data.type === "end") scope.close();
  };
}
