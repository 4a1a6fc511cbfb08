import { FairQueue, type PrioritizedTask, type Priority } from "./fair_queue.ts";
import { PooledWorker, WorkerLostError } from "./pooled_worker.ts";
import type { TaskRules } from "./worker_messages.ts";

/** Options for {@linkcode WorkerPool}. */
export interface WorkerPoolOptions<Setup, Task> {
  /** Sent to each worker when it starts. */
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
   * @param underWay Tasks that are with a worker or could be, this one included
   */
  prepare?: (task: Task, underWay: number) => Task;
  /** The workers' script. */
  workerUrl: string;
  /** What the pool has to know of the tasks. */
  rules: TaskRules<Task>;
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

/** The result of a task, and how long it waited. */
export interface PoolResult<Outcome> {
  /** What the worker answered. */
  outcome: Outcome;
  /** Milliseconds until a worker was free for the task. */
  wait: number;
}

/** How much the workers of a pool have to do. */
export interface PoolLoad {
  /** Workers that are alive. */
  workers: number;
  /** Tasks that are with one of them or wait. */
  underWay: number;
  /** Milliseconds that a worker takes for a task, smoothed; 0 before the first. */
  taskMs: number;
}

/** A pool that is not there. */
export const NO_WORKERS: PoolLoad = { workers: 0, underWay: 0, taskMs: 0 };

/** Whose turn a task takes. */
export interface Turn {
  /** Sessions of the same priority take turns. */
  sessionId: string;
  /**
   * What the task is for; the more urgent goes first.
   *
   * @default {"stream"}
   */
  priority?: Priority;
  /**
   * How many workers may be busy with the session when this task is taken, this one's included.
   *
   * @default {1}
   */
  mostAtOnce?: number;
  /** Gives up a task that still waits, once it is aborted. */
  signal?: AbortSignal | undefined;
}

interface Job<Task, Outcome> extends PrioritizedTask {
  task: Task;
  arrived: number;
  resolve(result: PoolResult<Outcome>): void;
  reject(error: unknown): void;
}

/** A place for a worker, taken by one after the other. */
interface Slot<Setup, Task, Outcome> {
  worker: PooledWorker<Setup, Task, Outcome>;
  busy: boolean;
  retry: ReturnType<typeof setTimeout> | undefined;
}

/** Weight of the newest task in the time that a task is said to take. */
const TASK_WEIGHT = 0.1;
const DEFAULT_FRAME_TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 60_000;
const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;

/**
 * Runs tasks on a fixed number of workers.
 *
 * Each worker has one task at a time, and so has each session that does not ask for more; which is next is decided by
 * {@linkcode FairQueue}. A worker that dies or hangs is replaced, and only the task that it had is lost.
 */
export class WorkerPool<Setup, Task, Outcome> {
  readonly #options: WorkerPoolOptions<Setup, Task>;
  readonly #slots: Slot<Setup, Task, Outcome>[];
  readonly #queue: FairQueue<Job<Task, Outcome>>;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #restarts = 0;
  #taskMs = 0;
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
    this.#queue = new FairQueue(options.workers);
    this.#slots = Array.from({ length: options.workers }, (_, index) => ({
      worker: this.#createWorker(index),
      busy: true,
      retry: undefined,
    }));
  }

  /** Number of tasks that wait for a worker. */
  get waiting(): number {
    return this.#queue.waiting;
  }

  /** How much the workers have to do. */
  get load(): PoolLoad {
    const { waiting, running } = this.#queue;
    const workers = this.#slots.filter(({ worker }) => worker.alive).length;
    return { workers, underWay: waiting + running, taskMs: this.#taskMs };
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
   * Runs a task, when it is its turn.
   *
   * @param task Not to be used afterwards, since its memory goes to the worker.
   * @throws What the rules make of a failure, or of the loss of a worker.
   * @throws The reason of the turn's `signal`, if it is aborted before a worker has the task.
   */
  run(
    task: Task,
    { sessionId, priority = "stream", mostAtOnce = 1, signal }: Turn,
  ): Promise<PoolResult<Outcome>> {
    if (this.#stopped) return Promise.reject(this.#options.rules.toLoss(stoppedError()));
    if (signal?.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<PoolResult<Outcome>>();
    const arrived = performance.now();
    const job = { task, sessionId, priority, mostAtOnce, arrived, resolve, reject };
    const giveUp = () => {
      if (this.#queue.remove(job, performance.now())) reject(signal?.reason);
    };
    signal?.addEventListener("abort", giveUp);
    this.#queue.push(job, arrived);
    this.#dispatch();
    return promise.finally(() => signal?.removeEventListener("abort", giveUp));
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
    clearTimeout(this.#retry);
    for (const { worker, retry } of this.#slots) {
      clearTimeout(retry);
      end(worker);
    }
    this.#failWaiting(stoppedError());
  }

  #createWorker(index: number): PooledWorker<Setup, Task, Outcome> {
    return new PooledWorker(
      this.#options.workerUrl,
      this.#options.rules,
      (reason) => this.#replace(index, reason),
    );
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
    for (const job of this.#queue.clear(performance.now())) {
      job.reject(this.#options.rules.toLoss(cause));
    }
  }

  #dispatch(): void {
    clearTimeout(this.#retry);
    for (const slot of this.#slots) {
      if (slot.busy) continue;
      const now = performance.now();
      const job = this.#queue.take(now);
      if (job === undefined) {
        const retryAt = this.#queue.retryAt(now);
        if (retryAt === Infinity) return;
        this.#retry = setTimeout(() => this.#dispatch(), Math.ceil(retryAt - now));
        return;
      }
      // Errors are the job's, and have been given to it.
      void this.#process(slot, job);
    }
  }

  async #process(slot: Slot<Setup, Task, Outcome>, job: Job<Task, Outcome>): Promise<void> {
    const { frameTimeoutMs = DEFAULT_FRAME_TIMEOUT_MS, prepare, rules } = this.#options;
    slot.busy = true;
    const now = performance.now();
    const wait = now - job.arrived;
    const task = prepare?.(job.task, this.#queue.wanted(now)) ?? job.task;
    try {
      const outcome = await slot.worker.run(task, frameTimeoutMs);
      const ms = performance.now() - now;
      this.#taskMs = this.#taskMs === 0 ? ms : this.#taskMs + TASK_WEIGHT * (ms - this.#taskMs);
      job.resolve({ outcome, wait });
    } catch (error) {
      const lost = error instanceof WorkerLostError;
      job.reject(lost ? rules.toLoss(error) : error);
    } finally {
      this.#queue.finish(job, performance.now());
    }
    if (slot.worker.alive) slot.busy = false;
    this.#dispatch();
  }
}

function stoppedError(): Error {
  return new Error("The pool has been stopped");
}
