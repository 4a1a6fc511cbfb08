/**
 * Keeps video jobs, their results and their files, across restarts and crashes.
 *
 * @module
 */

import { logEvent } from "../../telemetry/log.ts";
import type { DiskSpace } from "../../storage/disk_space.ts";
import { JobStateError } from "../errors.ts";
import { hearChanges } from "./hear_changes.ts";
import {
  type Job,
  type JobError,
  type JobProgress,
  type JobStatus,
  makeJob,
  type NewJob,
  type VideoFrameResult,
} from "./job.ts";
import { changeJob, checkProcessing, type JobChanges } from "./job_changes.ts";
import type { JobBackend, JobListener, JobWrite } from "./job_backend.ts";
import { type JobCallback, type JobEvent, JobEvents } from "./job_events.ts";
import type { JobFiles } from "./job_files.ts";
import { checkJobLimits, DEFAULT_JOB_LIMITS, type JobStoreLimits } from "./job_limits.ts";
import { type JobPlace, JobPlaces } from "./job_places.ts";
import { JobRemoval } from "./job_removal.ts";
import { JobResults } from "./job_results.ts";
import type { JobHealth, JobStatistics } from "../../protocol/health.ts";
import { openJobStorage } from "./database/open_job_storage.ts";
import type { JobStorage, OpenJobStorage, ResultsRoom } from "./job_storage.ts";
import { JobSweeper } from "./job_sweeper.ts";
import { type JobStoreOptions, SYSTEM_CLOCKS } from "./job_store_options.ts";
import type { FinishedJobs, JobClocks, JobTable } from "./job_table.ts";
import { retryConflicts } from "./retry_conflicts.ts";
import { SerialQueue } from "../serial_queue.ts";

/**
 * The jobs of one server, in `DATA_DIR`, or those of a cluster.
 *
 * Jobs are kept in memory too, so that looking at them waits for nothing and works whatever the disk does; a change counts once
 * it is written. Jobs that the store gives are copies. All changes of one call happen as a whole or not at all, one call after
 * another.
 */
export class JobStore implements AsyncDisposable {
  /** The uploaded files. */
  readonly files: JobFiles;
  /** The disk that all is on. */
  readonly disk: DiskSpace;
  /** What has been found in the frames so far. */
  readonly results: JobResults;
  /** The room that there is for results. */
  readonly room: ResultsRoom;
  readonly #backend: JobBackend;
  readonly #jobs: JobTable;
  readonly #events = new JobEvents();
  readonly #places: JobPlaces;
  readonly #removal: JobRemoval;
  readonly #queue = new SerialQueue();
  readonly #clocks: JobClocks;
  readonly #sweeper: JobSweeper;
  #limits: JobStoreLimits;
  #isOpen = true;

  private constructor(
    { files, disk, backend, jobs, room }: JobStorage,
    { clocks = SYSTEM_CLOCKS, sweepIntervalMs = 60_000 }: JobStoreOptions,
    limits: JobStoreLimits,
  ) {
    this.files = files;
    this.disk = disk;
    this.room = room;
    this.#backend = backend;
    this.results = new JobResults(backend, (id) => {
      this.#checkOpen();
      jobs.check(id);
    });
    this.#jobs = jobs;
    this.#places = new JobPlaces(jobs);
    this.#removal = new JobRemoval({
      jobs,
      files,
      backend,
      events: this.#events,
      run: (work) => this.#run(work),
    });
    const run: JobListener["run"] = (work) => this.#queue.run(work);
    hearChanges({ backend, files, jobs, events: this.#events, removal: this.#removal, run });
    this.#clocks = clocks;
    this.#limits = limits;
    this.#sweeper = new JobSweeper({
      jobs,
      places: this.#places,
      files,
      removal: this.#removal,
      clocks,
      limits: () => this.#limits,
      writeIdle: (idle) => this.#run(() => this.#write({ idle })),
      noteIdleMs: backend.noteIdleMs,
      intervalMs: sweepIntervalMs,
    });
  }

  /**
   * Opens the store, and removes files that belong to none of its jobs.
   *
   * @param openStorage Opens what is in `DATA_DIR` unless given
   * @throws {RangeError} If a limit is not positive
   * @throws {DatabaseError} If another process uses the directory
   * @throws {StorageFullError} If there is no room on the disk
   * @throws {StorageUnavailableError} If the database cannot be used
   */
  static async open(
    options: JobStoreOptions,
    openStorage: OpenJobStorage = openJobStorage,
  ): Promise<JobStore> {
    const limits = checkJobLimits({ ...DEFAULT_JOB_LIMITS, ...options.limits });
    return new JobStore(await openStorage(options), options, limits);
  }

  /** Looks for a job that somebody else may have made just now; to be called before `get` with an id that comes from outside. */
  async lookFor(id: string): Promise<void> {
    if (!this.#jobs.has(id)) await this.#backend.lookFor?.(id);
  }

  /**
   * Keeps a place for a job, until the job is created or the place is disposed of.
   *
   * @throws {JobCapacityError} If the store is full and none of its jobs is finished
   */
  reserve(): JobPlace {
    this.#checkOpen();
    return this.#places.take(this.#limits.capacity);
  }

  /**
   * Adds a job, which waits to be processed. When the store is full, the finished job that ended first is removed.
   *
   * @param place Given up afterwards
   * @throws {JobCapacityError} If the store is full and none of its jobs is finished
   */
  async create(job: NewJob, place: JobPlace = this.reserve()): Promise<Job> {
    using _place = place;
    return await this.#run(async () => {
      const evicted = this.#places.makeRoom(place, this.#limits.capacity);
      const created = makeJob(place.id, job, this.#clocks.now());
      await this.#write({ jobs: [created], remove: evicted });
      this.#jobs.set(created);
      // Before the next one is made, for which the job and its place would count twice.
      place[Symbol.dispose]();
      for (const id of evicted) {
        await this.files.remove(id);
        this.#removal.forget(id, "Video job made room for others");
      }
      this.#events.emit("created", created);
      return structuredClone(created);
    });
  }

  /**
   * One job; looking at it postpones its expiry.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  get(id: string): Job {
    this.#checkOpen();
    this.#jobs.touch(id);
    return this.#jobs.find(id);
  }

  /** Jobs, oldest first: all, or those of one status. */
  list({ status }: { status?: JobStatus } = {}): Job[] {
    this.#checkOpen();
    return this.#jobs.list(status);
  }

  /**
   * Changes several fields of a job at once.
   *
   * @throws {JobNotFoundError} If there is none of this id
   * @throws {JobStateError} If the status cannot follow the present one
   * @throws {TypeError} If a field is unknown or of another type
   */
  update(id: string, changes: JobChanges): Promise<Job> {
    return this.#run(() => this.#change(id, changes));
  }

  /**
   * Changes the status of a job; `error` says why it failed.
   *
   * @throws As `update` does.
   */
  updateStatus(id: string, status: JobStatus, error: JobError | null = null): Promise<Job> {
    return this.update(id, { status, error });
  }

  /**
   * Updates the progress of a job. It is written only with the next change, so that this works on a full disk too.
   *
   * @throws As `update` does, and {JobStateError} if the job is not being processed
   */
  updateProgress(id: string, progress: Partial<JobProgress>): Promise<Job> {
    return this.#run(() => {
      const before = this.#jobs.find(id);
      checkProcessing(before);
      return this.#keep(changeJob(before, { progress }, this.#clocks.now()), "progress");
    });
  }

  /**
   * Adds results and updates the progress of the job atomically: after a crash neither is there without the other.
   *
   * @param results Of later frames than all before
   * @throws {JobNotFoundError} If there is no job of this id
   * @throws {JobStateError} If it is not being processed, or a frame has a result already
   * @throws {StorageFullError} If there is no room for them on the disk
   */
  appendResults(
    id: string,
    results: readonly VideoFrameResult[],
    progress: Partial<JobProgress> = {},
  ): Promise<Job> {
    return this.#run(() => {
      checkProcessing(this.#jobs.find(id));
      return this.#change(id, { progress }, results);
    });
  }

  /**
   * Removes a job, its results and its files; the files first, so that a full disk has room to note the rest.
   *
   * @throws {JobNotFoundError} If there is none of this id
   * @throws {StorageUnavailableError} If the disk cannot be written
   */
  remove(id: string): Promise<void> {
    return this.#removal.remove(id);
  }

  /**
   * Removes many finished jobs as `remove` does, with time for other work between them. One that is retried meanwhile stays.
   *
   * @param meant Which of them; all unless told otherwise
   * @returns Number of jobs removed
   * @throws {StorageUnavailableError} If the disk cannot be written; those before are gone then
   */
  async clear(meant: FinishedJobs = {}): Promise<number> {
    this.#checkOpen();
    const isMeant = (id: string) => this.#jobs.isAmong(id, meant);
    const jobs = await this.#removal.removeAll(this.#jobs.finished(meant), isMeant);
    if (jobs > 0) logEvent("info", "job_cleared", "Finished video jobs removed", { jobs });
    return jobs;
  }

  /**
   * Removes the jobs that have expired, and files that belong to none; see {@linkcode JobSweeper.sweep}.
   *
   * @returns Number of jobs removed
   */
  sweep(): Promise<number> {
    return this.#sweeper.sweep();
  }

  /** Figures about all jobs. */
  statistics(): JobStatistics {
    return this.#jobs.statistics(this.#limits.capacity);
  }

  /** Whether there is room, and whether jobs get on. */
  health(): JobHealth {
    return this.#jobs.health(this.#limits.capacity);
  }

  /**
   * Calls back at each event of a kind; a callback that fails does no harm to others, nor to the job.
   *
   * @param jobId Only for those of one job; for those of all jobs unless given
   * @returns A function that ends this
   */
  on(event: JobEvent, callback: JobCallback, jobId?: string): () => void {
    return this.#events.on(event, callback, jobId);
  }

  /**
   * Changes limits. Finished jobs above a lower capacity are removed, those that ended first before others.
   *
   * @throws {RangeError} If a limit is not positive; nothing is changed then
   */
  async reconfigure(limits: Partial<JobStoreLimits>): Promise<void> {
    this.#limits = checkJobLimits({ ...this.#limits, ...limits });
    const ids = this.#jobs.oldestFinished(this.#jobs.size - this.#limits.capacity);
    await this.#removal.removeAll(ids, (id) => this.#jobs.isAmong(id, {}));
    await this.sweep();
  }

  /**
   * Waits for what is being written and for callbacks, for at most `timeoutMs`, and closes the database. Jobs that are being
   * processed stay so, and go on at the next start.
   *
   * @returns Whether nothing was left
   */
  async shutdown(timeoutMs: number): Promise<boolean> {
    if (!this.#isOpen) return true;
    this.#sweeper.stop();
    const noted = this.#sweeper.noteIdle().catch(() => {});
    this.#isOpen = false;
    const closed = noted.then(() => this.#events.settled()).then(() => this.#backend.close());
    const timeout = Promise.withResolvers<boolean>();
    const timer = setTimeout(() => timeout.resolve(false), timeoutMs);
    try {
      return await Promise.race([closed.then(() => true), timeout.promise]);
    } finally {
      clearTimeout(timer);
      this.#backend.terminate();
    }
  }

  /** Shuts down within 5 seconds. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown(5000);
  }

  #checkOpen(): void {
    if (!this.#isOpen) throw new JobStateError("The job store is shut down");
  }

  /** Runs work when what was asked for before is done, and again if others change jobs that it changes. */
  async #run<T>(work: () => T | Promise<T>): Promise<T> {
    this.#checkOpen();
    return await this.#queue.run(() => retryConflicts(work));
  }

  async #write(changes: JobWrite): Promise<void> {
    await this.#backend.write(changes);
  }

  async #change(
    id: string,
    changes: JobChanges,
    results?: readonly VideoFrameResult[],
  ): Promise<Job> {
    const job = changeJob(this.#jobs.find(id), changes, this.#clocks.now());
    await this.#write({ jobs: [job], ...(results && { results: { jobId: id, results } }) });
    return this.#keep(job, changes.status === undefined ? "progress" : "status");
  }

  #keep(job: Job, event: JobEvent): Job {
    this.#jobs.set(job);
    this.#events.emit(event, job);
    return structuredClone(job);
  }
}
