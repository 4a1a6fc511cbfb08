/**
 * Keeps video jobs, their results and their files, across restarts and crashes.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import { JobCapacityError, JobNotFoundError, JobStateError } from "./errors.ts";
import {
  canChangeStatus,
  isFinished,
  type Job,
  type JobError,
  type JobProgress,
  type JobStatus,
  type VideoFrameResult,
} from "./job.ts";
import { type JobChanges, validateChanges } from "./job_changes.ts";
import { JobDatabase, type ResultsRange } from "./job_database.ts";
import { type JobCallback, type JobEvent, JobEvents } from "./job_events.ts";
import { JobFiles } from "./job_files.ts";
import { checkJobLimits, DEFAULT_JOB_LIMITS, type JobStoreLimits } from "./job_limits.ts";
import { assessJobs, type JobHealth, type JobStatistics, summarizeJobs } from "./job_statistics.ts";

/** Options of {@linkcode JobStore}. */
export interface JobStoreOptions extends Partial<JobStoreLimits> {
  /** Holds the database and the uploaded files; made if need be. */
  dataDirectory: string;
  /**
   * Milliseconds between looks for expired jobs; 0 for none but those that `sweep` makes.
   *
   * @default {60000}
   */
  sweepIntervalMs?: number;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** What a new job is made of. */
export interface NewJob {
  /** Id under which the file was uploaded; a new one when there is none. */
  id?: string;
  /** The pipeline that its frames are to run through. */
  pipelineId: string;
  /** Name that the person's file had; only for showing. */
  fileName: string;
  /** Size of the uploaded file in bytes. */
  fileBytes: number;
  /**
   * Every how manieth frame is processed; 1 for all.
   *
   * @default {1}
   */
  frameStride?: number;
  /**
   * Most frames to process; 0 for all.
   *
   * @default {0}
   */
  maxFrames?: number;
}

/** File of the database within the data directory. */
export const DATABASE_NAME = "jobs.sqlite";

/**
 * The jobs of one server, in `DATA_DIR`.
 *
 * Jobs that it gives are copies. All changes of one call happen as a whole or not at all.
 */
export class JobStore implements AsyncDisposable {
  /** The uploaded files. */
  readonly files: JobFiles;
  readonly #database: JobDatabase;
  readonly #events = new JobEvents();
  readonly #now: () => number;
  readonly #sweeping: ReturnType<typeof setInterval> | undefined;
  #limits: JobStoreLimits;
  #isOpen = true;

  /**
   * Opens the store, and removes files that belong to none of its jobs.
   *
   * @throws {RangeError} If a limit is not positive
   * @throws {JobStateError} If another process uses the directory
   */
  constructor(options: JobStoreOptions) {
    const { dataDirectory, sweepIntervalMs = 60_000, now = () => Date.now(), ...limits } = options;
    this.#limits = checkJobLimits({ ...DEFAULT_JOB_LIMITS, ...limits });
    this.#now = now;
    this.files = new JobFiles(`${dataDirectory}/videos`);
    this.#database = new JobDatabase(`${dataDirectory}/${DATABASE_NAME}`);
    this.files.removeOthers(this.#database.jobs().map(({ id }) => id));
    if (sweepIntervalMs > 0) this.#sweeping = setInterval(() => this.sweep(), sweepIntervalMs);
  }

  /**
   * Adds a job, which waits to be processed. When the store is full, the finished job that ended first is removed.
   *
   * @throws {JobCapacityError} If the store is full and none of its jobs is finished
   * @throws {JobStateError} If there is a job of this id
   */
  create({ id = crypto.randomUUID(), frameStride = 1, maxFrames = 0, ...file }: NewJob): Job {
    this.#checkOpen();
    const now = this.#now();
    const job: Job = {
      id,
      status: "pending",
      progress: { currentStep: 0, totalSteps: 0, description: "Waiting" },
      createdAt: now,
      updatedAt: now,
      lastAccessed: now,
      startedAt: null,
      finishedAt: null,
      error: null,
      frameStride,
      maxFrames,
      video: null,
      ...file,
    };
    if (this.#database.job(id) !== undefined) throw new JobStateError(`Job ${id} exists already`);
    this.#makeRoom();
    this.#database.insertJob(job);
    this.#events.emit("created", job);
    return job;
  }

  /**
   * Checks that a job could be added now.
   *
   * @throws {JobCapacityError} If the store is full and none of its jobs is finished
   */
  checkRoom(): void {
    this.#checkOpen();
    const jobs = this.#database.jobs();
    if (jobs.length >= this.#limits.capacity && !jobs.some(({ status }) => isFinished(status))) {
      throw new JobCapacityError(`The server is at its limit of ${this.#limits.capacity} jobs`);
    }
  }

  /**
   * One job; that somebody looks at it puts off its expiry.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  get(id: string): Job {
    const job = { ...this.#find(id), lastAccessed: this.#now() };
    this.#database.replaceJob(job);
    return job;
  }

  /** Jobs, oldest first: all, or those of one status. */
  list({ status }: { status?: JobStatus } = {}): Job[] {
    this.#checkOpen();
    const jobs = this.#database.jobs();
    return status === undefined ? jobs : jobs.filter((job) => job.status === status);
  }

  /**
   * Changes several fields of a job at once.
   *
   * @throws {JobNotFoundError} If there is none of this id
   * @throws {JobStateError} If the status cannot follow the present one
   * @throws {TypeError} If a field is unknown or of another type
   */
  update(id: string, changes: JobChanges): Job {
    const { job, events } = this.#database.transaction(() => this.#change(id, changes));
    for (const event of events) this.#events.emit(event, job);
    return job;
  }

  /** Changes several jobs, each for itself. */
  updateAll(changes: Iterable<readonly [id: string, changes: JobChanges]>): {
    succeeded: number;
    failures: { id: string; error: Error }[];
  } {
    let succeeded = 0;
    const failures: { id: string; error: Error }[] = [];
    for (const [id, change] of changes) {
      try {
        this.update(id, change);
        succeeded++;
      } catch (error) {
        failures.push({ id, error: error instanceof Error ? error : new Error(String(error)) });
      }
    }
    return { succeeded, failures };
  }

  /**
   * Changes the status of a job; `error` says why it failed.
   *
   * @throws As `update` does.
   */
  updateStatus(id: string, status: JobStatus, error: JobError | null = null): Job {
    return this.update(id, { status, error });
  }

  /**
   * Tells how far a job is.
   *
   * @throws As `update` does, and {JobStateError} if the job is not being processed
   */
  updateProgress(id: string, progress: Partial<JobProgress>): Job {
    this.#checkProcessing(this.#find(id));
    return this.update(id, { progress });
  }

  /**
   * Adds results and tells how far the job is, as a whole or not at all: after a crash neither can be without the other.
   *
   * @throws {JobNotFoundError} If there is no job of this id
   * @throws {JobStateError} If it is not being processed, or a frame has a result already
   */
  appendResults(
    id: string,
    results: readonly VideoFrameResult[],
    progress: Partial<JobProgress> = {},
  ): Job {
    const { job, events } = this.#database.transaction(() => {
      this.#checkProcessing(this.#find(id));
      for (const result of results) this.#insertResult(id, result);
      return this.#change(id, { progress });
    });
    for (const event of events) this.#events.emit(event, job);
    return job;
  }

  /**
   * Results of a job in the order of the frames.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  results(id: string, range: ResultsRange): VideoFrameResult[] {
    this.#find(id);
    return this.#database.results(id, range);
  }

  /**
   * Number of results of a job, and the frame from which it has to go on.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  countResults(id: string): { count: number; nextFrame: number } {
    this.#find(id);
    const { count, lastFrame } = this.#database.resultsCount(id);
    return { count, nextFrame: lastFrame === null ? 0 : lastFrame + 1 };
  }

  /**
   * Highest `track_id` in the results of a job; 0 when there is none.
   *
   * @throws {JobNotFoundError} If there is no job of this id
   */
  highestTrack(id: string): number {
    this.#find(id);
    return this.#database.highestTrack(id);
  }

  /**
   * Removes a job, its results and its file.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  remove(id: string): void {
    const job = this.#find(id);
    this.#database.deleteJob(id);
    this.files.remove(id);
    this.#events.emit("removed", job);
  }

  /**
   * Removes the jobs that have expired.
   *
   * @returns Their number
   */
  sweep(): number {
    const now = this.#now();
    const { failedExpiryMs, completedExpiryMs, anyExpiryMs } = this.#limits;
    const expiry = { failed: failedExpiryMs, completed: completedExpiryMs } as const;
    const expired = this.list().filter(({ status, lastAccessed }) => {
      const own = status === "failed" || status === "completed" ? expiry[status] : anyExpiryMs;
      return now - lastAccessed >= Math.min(own, anyExpiryMs);
    });
    for (const { id, status } of expired) {
      this.remove(id);
      logEvent("info", "job_removed", "Video job expired", { job_id: id, status });
    }
    return expired.length;
  }

  /** Figures about all jobs. */
  statistics(): JobStatistics {
    return summarizeJobs(this.list(), { capacity: this.#limits.capacity, now: this.#now() });
  }

  /** Whether there is room, and whether jobs get on. */
  health(): JobHealth {
    return assessJobs(this.list(), { capacity: this.#limits.capacity, now: this.#now() });
  }

  /**
   * Calls back at each event of a kind; a callback that fails does no harm to others, nor to the job.
   *
   * @returns A function that ends this
   */
  on(event: JobEvent, callback: JobCallback): () => void {
    return this.#events.on(event, callback);
  }

  /**
   * Changes limits. Finished jobs above a lower capacity are removed, those that ended first before others.
   *
   * @throws {RangeError} If a limit is not positive; nothing is changed then
   */
  reconfigure(limits: Partial<JobStoreLimits>): void {
    this.#checkOpen();
    this.#limits = checkJobLimits({ ...this.#limits, ...limits });
    this.#evict(this.#limits.capacity);
    this.sweep();
  }

  /**
   * Waits for callbacks and for files that are being removed, for at most `timeoutMs`, and closes the database. Jobs that
   * are being processed stay so, and go on at the next start.
   *
   * @returns Whether nothing was left
   */
  async shutdown(timeoutMs: number): Promise<boolean> {
    if (!this.#isOpen) return true;
    this.#isOpen = false;
    clearInterval(this.#sweeping);
    const timeout = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => timeout.resolve(false), timeoutMs);
    const settled = Promise.all([this.#events.settled(), this.files.settled()]).then(() => true);
    try {
      return await Promise.race([settled, timeout.promise]);
    } finally {
      clearTimeout(timer);
      this.#database.close();
    }
  }

  /** Shuts down within 5 seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown(5000);
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new JobStateError("The job store is shut down");
  }

  #find(id: string): Job {
    this.#checkOpen();
    const job = this.#database.job(id);
    if (job === undefined) throw new JobNotFoundError(`There is no job ${shorten(id)}`);
    return job;
  }

  #checkProcessing({ id, status }: Job): void {
    if (status !== "processing") {
      throw new JobStateError(`Job ${id} is ${status} and takes no progress`);
    }
  }

  #insertResult(id: string, result: VideoFrameResult): void {
    try {
      this.#database.insertResult(id, result);
    } catch (error) {
      if (!(error instanceof Error && error.message.includes("UNIQUE"))) throw error;
      throw new JobStateError(`Frame ${result.frame_index} of job ${id} has a result already`, {
        cause: error,
      });
    }
  }

  #change(id: string, changes: JobChanges): { job: Job; events: JobEvent[] } {
    validateChanges(changes);
    const before = this.#find(id);
    const now = this.#now();
    const { status = before.status, progress, ...rest } = changes;
    const job: Job = { ...before, ...rest, updatedAt: now, lastAccessed: now };
    job.progress = { ...before.progress, ...progress };
    if (changes.status !== undefined) this.#changeStatus(job, before.status, status);
    this.#database.replaceJob(job);
    const events: JobEvent[] = changes.status === undefined ? ["progress"] : ["status"];
    return { job, events };
  }

  #changeStatus(job: Job, from: JobStatus, to: JobStatus): void {
    if (!canChangeStatus(from, to)) {
      throw new JobStateError(`Job ${job.id} is ${from} and cannot become ${to}`);
    }
    job.status = to;
    if (to === "processing") job.startedAt ??= job.updatedAt;
    job.finishedAt = isFinished(to) ? job.updatedAt : null;
    if (to !== "failed") job.error = null;
  }

  #makeRoom(): void {
    this.#evict(this.#limits.capacity - 1);
    this.checkRoom();
  }

  /** Removes finished jobs until no more than `target` are left, or none is finished. */
  #evict(target: number): void {
    const jobs = this.#database.jobs();
    const finished = jobs
      .filter(({ status }) => isFinished(status))
      .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0));
    for (const { id, status } of finished.slice(0, Math.max(0, jobs.length - target))) {
      this.remove(id);
      logEvent("info", "job_removed", "Video job made room for others", { job_id: id, status });
    }
  }
}

/** An id that comes from outside can be of any length. */
function shorten(id: string): string {
  return id.slice(0, 64);
}
