// When the last thread that holds onnxruntime's library ends, later sessions fail, so the main one
// holds it as well.
import "./onnxruntime.ts";
import { PipelineError } from "./errors.ts";
import { FairTurns } from "./fair_turns.ts";
import { PooledWorker, WorkerLostError } from "./pooled_worker.ts";
import type { WorkerTask } from "./worker_messages.ts";

/** Options for {@linkcode WorkerPool}. */
export interface WorkerPoolOptions<Setup, Task> {
  /** What each worker is told at its start. */
  setup: Setup;
  /** Number of workers, from 1. */
  workers: number;
  /**
   * Milliseconds after which a worker that has not answered is replaced.
   *
   * @default {10000}
   */
  frameTimeoutMs?: number;
  /** Called for each worker that is replaced. */
  onRestart?: (restart: WorkerRestart) => void;
  /**
   * Changes a task that is about to go to a worker.
   *
   * @param underWay Tasks that are with a worker or wait for one, this one included
   */
  prepare?: (task: Task, underWay: number) => Task;
  /** The workers' script. */
  workerUrl: string;
}

/** A worker that had to be replaced. */
export interface WorkerRestart {
  /** Index of the worker, from 0. */
  worker: number;
  /** For logs. */
  reason: string;
}

/** A worker as `GET /health` shows it. */
export interface WorkerStatus {
  /** Whether it has started, and neither died nor been ended. */
  alive: boolean;
  /** ISO 8601; `null` when the worker has not said anything yet. */
  last_heartbeat: string | null;
}

/** What a task gave, and how long it waited. */
export interface PoolResult<Outcome> {
  /** What the worker answered. */
  outcome: Outcome;
  /** Milliseconds until a worker was free for the task. */
  wait: number;
}

interface Job<Task, Outcome> {
  task: Task;
  sessionId: string;
  mostAtOnce: number;
  arrived: number;
  resolve(result: PoolResult<Outcome>): void;
  reject(error: unknown): void;
}

/** A place for a worker, taken by one after the other. */
interface Slot<Setup, Task extends WorkerTask, Outcome> {
  worker: PooledWorker<Setup, Task, Outcome>;
  busy: boolean;
  retry: ReturnType<typeof setTimeout> | undefined;
}

const DEFAULT_FRAME_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Runs tasks on a fixed number of workers.
 *
 * Each worker has one task at a time, and so has each session that does not ask for more; sessions take turns, whatever
 * the others send. A worker that dies or hangs is replaced, and only the task that it had is lost.
 */
export class WorkerPool<Setup, Task extends WorkerTask, Outcome> {
  readonly #options: WorkerPoolOptions<Setup, Task>;
  readonly #slots: Slot<Setup, Task, Outcome>[];
  /** Tasks that wait, by session. */
  readonly #waiting = new Map<string, Job<Task, Outcome>[]>();
  /** Tasks that are with a worker, by session. */
  readonly #inFlight = new Map<string, number>();
  readonly #turns = new FairTurns();
  #restarts = 0;
  #stopped = false;

  /**
   * Begins with workers that have no models yet; `start` loads them.
   *
   * @throws {RangeError} If `workers` is not a positive integer.
   */
  constructor(options: WorkerPoolOptions<Setup, Task>) {
    if (!Number.isInteger(options.workers) || options.workers < 1) {
      throw new RangeError(
        `Cannot create a pool: expected 1 worker or more, got ${options.workers}`,
      );
    }
    this.#options = options;
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      worker: this.#createWorker(index),
      busy: true,
      retry: undefined,
    }));
  }

  /** Number of tasks that wait for a worker. */
  get waiting(): number {
    return this.#waiting.values().reduce((sum, jobs) => sum + jobs.length, 0);
  }

  /** Number of workers that have been replaced so far. */
  get restarts(): number {
    return this.#restarts;
  }

  /** The state of each worker. */
  workers(): WorkerStatus[] {
    return this.#slots.map(({ worker }) => ({
      alive: worker.alive,
      last_heartbeat: worker.lastHeartbeat?.toISOString() ?? null,
    }));
  }

  /**
   * Starts all workers.
   *
   * @throws {WorkerLostError} If one of them cannot start; then none is left running.
   */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#slots.map(({ worker }) => this.#startWorker(worker)));
    } catch (error) {
      this.stop();
      throw error;
    }
    for (const slot of this.#slots) slot.busy = false;
    this.#dispatch();
  }

  /**
   * Runs a task, when it is the session's turn.
   *
   * @param task Its picture is not to be used afterwards, since the memory goes to the worker.
   * @param mostAtOnce How many workers may be busy with the session when this task is taken, this one's included.
   * @throws {ImageDecodeError} If the picture is none.
   * @throws {ImageTooLargeError} If the picture has too many pixels.
   * @throws {PipelineError} If the pipeline or its worker fails.
   */
  run(task: Task, sessionId: string, mostAtOnce = 1): Promise<PoolResult<Outcome>> {
    if (this.#stopped) return Promise.reject(new PipelineError({ cause: stoppedError() }));
    const { promise, resolve, reject } = Promise.withResolvers<PoolResult<Outcome>>();
    const job = { task, sessionId, mostAtOnce, arrived: performance.now(), resolve, reject };
    const jobs = this.#waiting.get(sessionId);
    if (jobs === undefined) this.#waiting.set(sessionId, [job]);
    else jobs.push(job);
    this.#dispatch();
    return promise;
  }

  /** Ends all workers at once; frames that are not finished fail. */
  stop(): void {
    this.#end((worker) => worker.terminate());
  }

  /** Ends all workers, as `stop` does, but lets each free its models first; for a process that goes on. */
  close(): void {
    const { frameTimeoutMs = DEFAULT_FRAME_TIMEOUT_MS } = this.#options;
    this.#end((worker) => worker.close(frameTimeoutMs));
  }

  #end(end: (worker: PooledWorker<Setup, Task, Outcome>) => void): void {
    this.#stopped = true;
    for (const { worker, retry } of this.#slots) {
      clearTimeout(retry);
      end(worker);
    }
    this.#failWaiting(stoppedError());
  }

  #createWorker(index: number): PooledWorker<Setup, Task, Outcome> {
    return new PooledWorker(this.#options.workerUrl, (reason) => this.#replace(index, reason));
  }

  #startWorker(worker: PooledWorker<Setup, Task, Outcome>): Promise<void> {
    return worker.start(this.#options.setup, START_TIMEOUT_MS);
  }

  #replace(index: number, reason: string): void {
    const slot = this.#slots[index];
    if (slot === undefined || this.#stopped) return;
    slot.busy = true;
    this.#restarts++;
    this.#options.onRestart?.({ worker: index, reason });
    void this.#revive(slot, index, FIRST_RETRY_MS);
  }

  /** Puts a new worker into a slot; where that fails, tries again after `retryMs`, then less often. */
  async #revive(slot: Slot<Setup, Task, Outcome>, index: number, retryMs: number): Promise<void> {
    slot.worker = this.#createWorker(index);
    try {
      await this.#startWorker(slot.worker);
    } catch (error) {
      if (this.#stopped) return;
      if (!this.#slots.some(({ worker }) => worker.alive)) this.#failWaiting(error);
      const nextRetryMs = Math.min(2 * retryMs, LONGEST_RETRY_MS);
      slot.retry = setTimeout(() => void this.#revive(slot, index, nextRetryMs), retryMs);
      return;
    }
    slot.busy = false;
    this.#dispatch();
  }

  #failWaiting(cause: unknown): void {
    const jobs = [...this.#waiting.values()].flat();
    this.#waiting.clear();
    for (const job of jobs) job.reject(new PipelineError({ cause }));
  }

  #dispatch(): void {
    for (const slot of this.#slots) {
      if (slot.busy) continue;
      const job = this.#takeNext();
      if (job === undefined) return;
      // Errors are the job's, and have been given to it.
      void this.#process(slot, job);
    }
  }

  /** Takes a task of the session that has had the fewest turns, among those that may have one more in flight. */
  #takeNext(): Job<Task, Outcome> | undefined {
    let next: string | undefined;
    for (const [sessionId, [first]] of this.#waiting) {
      if ((this.#inFlight.get(sessionId) ?? 0) >= (first?.mostAtOnce ?? 1)) continue;
      if (next === undefined || this.#turns.of(sessionId) < this.#turns.of(next)) next = sessionId;
    }
    if (next === undefined) return undefined;
    this.#turns.take(next);
    const jobs = this.#waiting.get(next) ?? [];
    const job = jobs.shift();
    if (jobs.length === 0) this.#waiting.delete(next);
    return job;
  }

  async #process(slot: Slot<Setup, Task, Outcome>, job: Job<Task, Outcome>): Promise<void> {
    const { frameTimeoutMs = DEFAULT_FRAME_TIMEOUT_MS, prepare } = this.#options;
    slot.busy = true;
    this.#countInFlight(job.sessionId, 1);
    const wait = performance.now() - job.arrived;
    const inFlight = this.#inFlight.values().reduce((sum, count) => sum + count, 0);
    const task = prepare?.(job.task, inFlight + this.waiting) ?? job.task;
    try {
      const outcome = await slot.worker.run(task, frameTimeoutMs);
      job.resolve({ outcome, wait });
    } catch (error) {
      const lost = error instanceof WorkerLostError;
      job.reject(lost ? new PipelineError({ cause: error }) : error);
    } finally {
      this.#countInFlight(job.sessionId, -1);
    }
    if (slot.worker.alive) slot.busy = false;
    this.#dispatch();
  }

  #countInFlight(sessionId: string, change: 1 | -1): void {
    const count = (this.#inFlight.get(sessionId) ?? 0) + change;
    if (count === 0) this.#inFlight.delete(sessionId);
    else this.#inFlight.set(sessionId, count);
  }
}

function stoppedError(): Error {
  return new Error("The pool has been stopped");
}
