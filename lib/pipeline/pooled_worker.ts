import { ImageDecodeError, ImageTooLargeError, PipelineError } from "./errors.ts";
import type { Size } from "./onnx_graph.ts";
import type { RunOutcome } from "./pipeline_runner.ts";
import type { WorkerFailure, WorkerReply, WorkerRequest, WorkerSetup } from "./worker_messages.ts";

/** A worker did not survive what it was doing, or gave no answer in time; it cannot be used again. */
export class WorkerLostError extends Error {
  override name = "WorkerLostError";
}

/** A request that has not been answered. */
interface Pending {
  resolve(reply: WorkerReply): void;
  reject(error: Error): void;
  timer: ReturnType<typeof setTimeout>;
}

/** One inference worker, which answers one request at a time. */
export class PooledWorker {
  readonly #worker: Worker;
  readonly #onLost: (reason: string) => void;
  #pending: Pending | undefined;
  #alive = false;
  #lastHeartbeat: Date | null = null;

  /**
   * @param url The worker's script.
   * @param onLost Called when a worker that had started dies or hangs.
   */
  constructor(url: string, onLost: (reason: string) => void) {
    this.#onLost = onLost;
    this.#worker = new Worker(url, { type: "module" });
    this.#worker.onmessage = (event: MessageEvent<WorkerReply>) => this.#receive(event.data);
    this.#worker.onerror = (event) => {
      // An error that nobody prevents would end the whole server.
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
  async start(setup: WorkerSetup, timeoutMs: number): Promise<void> {
    const reply = await this.#request({ type: "start", setup }, [], timeoutMs);
    if (reply.type !== "ready") {
      const reason = reply.type === "failed" ? reply.message : reply.type;
      this.#lose(reason);
      throw new WorkerLostError(`Cannot start an inference worker: ${reason}`);
    }
    this.#alive = true;
  }

  /**
   * Runs a pipeline on a frame.
   *
   * @param inputSize Input of the detector; the default one where it is `undefined`.
   * @param frame Its memory goes to the worker where the view covers all of it; else it is copied.
   * @throws {ImageDecodeError} If the frame is not a picture.
   * @throws {ImageTooLargeError} If the picture has too many pixels.
   * @throws {PipelineError} If the pipeline fails.
   * @throws {WorkerLostError} If the worker dies, or takes longer than `timeoutMs`.
   */
  async run(
    pipelineId: string,
    frame: Uint8Array,
    inputSize: Size | undefined,
    timeoutMs: number,
  ): Promise<RunOutcome> {
    const whole = frame.buffer instanceof ArrayBuffer &&
      frame.byteLength === frame.buffer.byteLength;
    const owned = whole ? frame as Uint8Array<ArrayBuffer> : new Uint8Array(frame);
    const request: WorkerRequest = {
      type: "run",
      pipelineId,
      frame: owned,
      ...(inputSize !== undefined && { inputSize }),
    };
    const reply = await this.#request(request, [owned.buffer], timeoutMs);
    if (reply.type === "done") return reply.outcome;
    throw reply.type === "failed"
      ? toError(reply)
      : new PipelineError({ cause: new TypeError(`Unexpected reply "${reply.type}"`) });
  }

  /** Ends the worker; a request that it is working on fails. */
  terminate(): void {
    this.#alive = false;
    this.#lose("Worker was ended");
  }

  #request(
    request: WorkerRequest,
    transfer: Transferable[],
    timeoutMs: number,
  ): Promise<WorkerReply> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerReply>();
    const timer = setTimeout(() => this.#lose(`Worker hung for ${timeoutMs} ms`), timeoutMs);
    this.#pending = { resolve, reject, timer };
    this.#worker.postMessage(request, transfer);
    return promise;
  }

  #receive(reply: WorkerReply): void {
    this.#lastHeartbeat = new Date();
    if (reply.type !== "heartbeat") this.#settle()?.resolve(reply);
  }

  #lose(reason: string): void {
    const started = this.#alive;
    this.#alive = false;
    this.#worker.terminate();
    this.#settle()?.reject(new WorkerLostError(reason));
    if (started) this.#onLost(reason);
  }

  #settle(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    clearTimeout(pending?.timer);
    return pending;
  }
}

function toError({ kind, message }: WorkerFailure): Error {
  const cause = new Error(message);
  if (kind === "undecodable") return new ImageDecodeError("Cannot decode the image", { cause });
  if (kind === "too_large") return new ImageTooLargeError(message);
  return new PipelineError({ cause });
}
