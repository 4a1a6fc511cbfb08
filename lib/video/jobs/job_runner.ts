/**
 * Takes jobs from the store, one after another, and brings them to their end.
 *
 * @module
 */

import { logEvent } from "../../telemetry/log.ts";
import { VideoDecodeError } from "../errors.ts";
import type { Job, JobError, JobStatus } from "./job.ts";
import { FrameProcessingError } from "../analyse_frames.ts";
import { type JobRunOptions, runJob } from "./job_run.ts";
import type { JobStore } from "./job_store.ts";
import type { VideoFrameProcessor } from "../video_frame_processor.ts";
import { whenStored } from "./when_stored.ts";

/** Options of {@linkcode JobRunner}. */
export interface JobRunnerOptions
  extends Partial<Omit<JobRunOptions, "store" | "processor" | "frameSize">> {
  /** Size within which frames of a pipeline are to fit, such as the detector's input. */
  frameSize: JobRunOptions["frameSize"];
  /**
   * Jobs at a time.
   *
   * @default {1}
   */
  workers?: number;
}

/**
 * Runs the jobs of a store.
 *
 * Jobs that were interrupted go on before new ones begin.
 */
export class JobRunner implements AsyncDisposable {
  readonly #store: JobStore;
  readonly #run: JobRunOptions;
  readonly #workers: number;
  readonly #running = new Map<string, { abort: AbortController; done: Promise<void> }>();
  readonly #unsubscribe: (() => void)[] = [];
  #isStarted = false;

  /**
   * Runs nothing until `start` is called.
   *
   * @throws {RangeError} If `workers` is not a positive whole number
   */
  constructor(store: JobStore, processor: VideoFrameProcessor, options: JobRunnerOptions) {
    const { workers = 1, frameSize, framesAtOnce, decoder, batch } = options;
    if (!(Number.isInteger(workers) && workers > 0)) {
      throw new RangeError(`Cannot run jobs with ${workers} workers`);
    }
    this.#store = store;
    this.#workers = workers;
    this.#run = {
      store,
      processor,
      frameSize,
      framesAtOnce: framesAtOnce ?? (() => 1),
      decoder: decoder ?? {},
      batch: batch ?? {},
    };
  }

  /** Ids of the jobs that are being processed here. */
  get running(): string[] {
    return [...this.#running.keys()];
  }

  /** Goes on with interrupted jobs, then takes whatever comes. */
  start(): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    const leave = ({ id, status }: Job) => {
      if (status !== "processing") this.#running.get(id)?.abort.abort();
      this.#fill();
    };
    this.#unsubscribe.push(
      this.#store.on("created", () => this.#fill()),
      this.#store.on("status", leave),
      this.#store.on("removed", ({ id }) => this.#running.get(id)?.abort.abort()),
    );
    this.#fill();
  }

  /**
   * Cancels a job, whether it waits or is being processed; the results that it has stay.
   *
   * @throws {JobNotFoundError} If there is none of this id
   * @throws {JobStateError} If it is finished
   */
  async cancel(id: string): Promise<Job> {
    const job = await this.#store.updateStatus(id, "cancelled");
    logEvent("info", "job_cancelled", "Video job cancelled", { job_id: id });
    return job;
  }

  /**
   * Lets a failed or cancelled job go on from its last stored frame.
   *
   * @throws {JobNotFoundError} If there is none of this id
   * @throws {JobStateError} If it is neither failed nor cancelled
   */
  retry(id: string): Promise<Job> {
    return this.#store.update(id, { status: "pending", progress: { description: "Waiting" } });
  }

  /** Stops; jobs that are being processed go on at the next start. Waits for the frames in flight. */
  async stop(): Promise<void> {
    this.#isStarted = false;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    const running = [...this.#running.values()];
    for (const { abort } of running) abort.abort();
    await Promise.all(running.map(({ done }) => done));
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #fill(): void {
    while (this.#isStarted && this.#running.size < this.#workers) {
      const job = this.#next();
      if (job === undefined) return;
      const abort = new AbortController();
      const done = Promise.withResolvers<void>();
      this.#running.set(job.id, { abort, done: done.promise });
      this.#runToEnd(job, abort.signal).finally(() => {
        this.#running.delete(job.id);
        done.resolve();
        this.#fill();
      });
    }
  }

  #next(): Job | undefined {
    const jobs = this.#store.list()
      .filter(({ id }) => !this.#running.has(id));
    return jobs.find(({ status }) => status === "processing") ??
      jobs.find(({ status }) => status === "pending");
  }

  /** Runs one job; whatever happens ends up in its status. */
  async #runToEnd(job: Job, signal: AbortSignal): Promise<void> {
    const { id, status } = job;
    try {
      if (status === "pending") await this.#changeStatus(id, "processing", signal);
      const { count } = await this.#store.results.count(id);
      logEvent("info", "job_started", "Video job started", { job_id: id, frames_done: count });
      await runJob(job, this.#run, signal);
      const { progress } = await this.#changeStatus(id, "completed", signal);
      logEvent("info", "job_completed", "Video job completed", {
        job_id: id,
        frames: progress.currentStep,
      });
    } catch (error) {
      // It was cancelled, removed or stopped, and has the status that it should have.
      if (!signal.aborted) await this.#fail(id, error, signal).catch(() => {});
    } finally {
      this.#run.processor.endJob?.(id);
    }
  }

  async #fail(id: string, reason: unknown, signal: AbortSignal): Promise<void> {
    const error = toJobError(reason);
    logEvent("error", "job_failed", "Video job failed", {
      job_id: id,
      error: error.code,
      reason: reason instanceof Error ? reason.name : "unknown",
    });
    await this.#changeStatus(id, "failed", signal, error);
  }

  /** A disk that cannot be written now holds the job up and does not fail it. */
  #changeStatus(
    id: string,
    status: JobStatus,
    signal: AbortSignal,
    error: JobError | null = null,
  ): Promise<Job> {
    const onWait = () =>
      logEvent("warning", "job_waits", "Video job waits for disk space", { job_id: id });
    return whenStored(() => this.#store.updateStatus(id, status, error), { onWait, signal });
  }
}

function toJobError(error: unknown): JobError {
  if (error instanceof VideoDecodeError) return { code: "decode_failed", detail: error.message };
  if (error instanceof FrameProcessingError) {
    return { code: "pipeline_failure", detail: "Pipeline execution failed" };
  }
  return { code: "internal_error", detail: "Unexpected error occurred" };
}
