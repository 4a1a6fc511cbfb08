import { NamedError } from "../named_error.ts";
import type { TaskRules, WorkerReply, WorkerRequest } from "./worker_messages.ts";

/** A worker died, or did not answer in time; it cannot be used again. */
export class WorkerLostError extends NamedError {}

/** A request that has not been answered. */
interface Pending<Outcome> {
  resolve(reply: WorkerReply<Outcome>): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

/** One inference worker, which answers one request at a time. */
export class PooledWorker<Setup, Task, Outcome> {
  readonly #worker: Worker;
  readonly #rules: TaskRules<Task>;
  readonly #onLost: (reason: string) => void;
  #pending: Pending<Outcome> | undefined;
  #alive = false;
  #terminator: ReturnType<typeof setTimeout> | undefined;
  #lastHeartbeat: Date | null = null;

  /**
   * Begins without models; `start` loads them.
   *
   * @param url The worker's script.
   * @param onLost Called when a worker that had started dies or hangs.
   */
  constructor(url: string, rules: TaskRules<Task>, onLost: (reason: string) => void) {
    this.#rules = rules;
    this.#onLost = onLost;
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<WorkerReply<Outcome>>) =>
      this.#receive(event.data);
    this.#worker.onerror = (event) => {
      // An error event that is not prevented would end the whole server.
      event.preventDefault();
      this.#lose(`Worker died: ${event.message}`);
    };
  }

  /** Whether the worker has started, and neither died nor been ended. */
  get alive(): boolean {
    return this.#alive;
  }

  /** When the worker last said anything; `null` before its first word. */
  get lastHeartbeat(): Date | null {
    return this.#lastHeartbeat;
  }

  /**
   * Loads the worker's models.
   *
   * @throws {WorkerLostError} If that fails, or takes longer than `timeoutMs`.
   */
  async start(setup: Setup, timeoutMs: number): Promise<void> {
    const reply = await this.#request({ type: "start", setup }, [], timeoutMs);
    if (reply.type !== "ready") {
      const reason = reply.type === "failed" ? reply.message : reply.type;
      this.#lose(reason);
      throw new WorkerLostError(`Cannot start an inference worker: ${reason}`);
    }
    this.#alive = true;
  }

  /**
   * Runs a task.
   *
   * @param task Not to be used afterwards, since its memory goes to the worker.
   * @throws What the rules make of a failure.
   * @throws {WorkerLostError} If the worker dies, or takes longer than `timeoutMs`.
   */
  async run(task: Task, timeoutMs: number): Promise<Outcome> {
    const { task: owned, transfer } = this.#rules.own(task);
    const reply = await this.#request({ type: "run", task: owned }, transfer, timeoutMs);
    if (reply.type === "done") return reply.outcome;
    throw reply.type === "failed"
      ? this.#rules.toError(reply)
      : this.#rules.toLoss(new TypeError(`Unexpected reply "${reply.type}"`));
  }

  /** Ends the worker at once, and leaves its models in memory; a request that it is working on fails. */
  terminate(): void {
    this.#alive = false;
    this.#lose("Worker was ended");
  }

  /**
   * Has the worker free its models and end; a request that it is working on fails.
   *
   * @param graceMs Milliseconds after which it is ended wherever it is
   */
  close(graceMs: number): void {
    this.#alive = false;
    this.#lose("Worker was closed", graceMs);
  }

  #request(
    request: WorkerRequest<Setup, Task>,
    transfer: Transferable[],
    timeoutMs: number,
  ): Promise<WorkerReply<Outcome>> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerReply<Outcome>>();
    const timer = setTimeout(
      () => this.#lose(`Worker hung for ${timeoutMs} ms`, timeoutMs),
      timeoutMs,
    );
    this.#pending = { resolve, reject, timer };
    this.#worker.postMessage(request, transfer);
    return promise;
  }

  #receive(reply: WorkerReply<Outcome>): void {
    this.#lastHeartbeat = new Date();
    if (reply.type === "heartbeat") return;
    if (reply.type === "ended") return this.#terminate();
    if (reply.type === "died") return this.#lose(`Worker died: ${reply.message}`);
    this.#settle()?.resolve(reply);
  }

  /** @param graceMs Milliseconds that the worker has to end by itself, since only it can free its models */
  #lose(reason: string, graceMs = 0): void {
    const started = this.#alive;
    this.#alive = false;
    if (graceMs === 0) this.#terminate();
    else this.#askToEnd(graceMs);
    this.#settle()?.reject(new WorkerLostError(reason));
    if (started) this.#onLost(reason);
  }

  #askToEnd(graceMs: number): void {
    this.#worker.postMessage({ type: "end" } satisfies WorkerRequest<Setup, Task>);
    this.#terminator = setTimeout(() => this.#terminate(), graceMs);
    // The timer must not keep a process alive that wants to end.
    Deno.unrefTimer(this.#terminator);
  }

  #terminate(): void {
    clearTimeout(this.#terminator);
    this.#worker.terminate();
  }

  #settle(): Pending<Outcome> | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    clearTimeout(pending?.timer);
    return pending;
  }
}
