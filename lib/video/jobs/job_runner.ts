/**
 * Takes jobs from the store, one after another, and brings them to their end.
 *
 * @module
 */

import { logEvent } from "../../telemetry/log.ts";
import { JobTakenError, VideoDecodeError } from "../errors.ts";
import type { Job, JobError, JobStatus } from "./job.ts";
import { FrameProcessingError } from "../analyse_frames.ts";
import { type JobRunOptions, runJob } from "./job_run.ts";
import type { JobQueue } from "./job_queue.ts";
import type { JobStore } from "./job_store.ts";
import { LocalJobQueue } from "./local_job_queue.ts";
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
  /** Gives the jobs; those of the store unless given. */
  queue?: JobQueue | undefined;
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
  readonly #queue: JobQueue;
  readonly #running = new Map<string, AbortController>();
  readonly #working: Promise<void>[] = [];
  readonly #unsubscribe: (() => void)[] = [];
  #stopping: AbortController | undefined;

  /**
   * Runs nothing until `start` is called.
   *
   * @throws {RangeError} If `workers` is not a positive whole number
   */
  constructor(store: JobStore, processor: VideoFrameProcessor, options: JobRunnerOptions) {
    const { workers = 1, frameSize, framesAtOnce, decoder, batch, queue } = options;
    if (!(Number.isInteger(workers) && workers > 0)) {
      throw new RangeError(`Cannot run jobs with ${workers} workers`);
    }
    this.#store = store;
    this.#workers = workers;
    this.#queue = queue ?? new LocalJobQueue(store);
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
    if (this.#stopping !== undefined) return;
    const stopping = this.#stopping = new AbortController();
    this.#unsubscribe.push(
      this.#store.on("status", ({ id, status }) => {
        if (status !== "processing") this.#running.get(id)?.abort();
      }),
      this.#store.on("removed", ({ id }) => this.#running.get(id)?.abort()),
    );
    for (let worker = 0; worker < this.#workers; worker++) {
      this.#working.push(this.#work(stopping.signal));
    }
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

  /** Stops; jobs that are being processed go on at the next start, or elsewhere. Waits for the frames in flight. */
  async stop(): Promise<void> {
    this.#stopping?.abort();
    this.#stopping = undefined;
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe();
    for (const abort of this.#running.values()) abort.abort();
    await Promise.all(this.#working.splice(0));
  }

  /** Stops. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Runs one job after the other until it is to stop. */
  async #work(stopping: AbortSignal): Promise<void> {
    for (;;) {
      const claim = await this.#queue.next(stopping);
      if (claim === undefined) return;
      const { id } = claim.job;
      const abort = new AbortController();
      if (stopping.aborted) abort.abort();
      this.#running.set(id, abort);
      await this.#runToEnd(claim.job, AbortSignal.any([abort.signal, claim.signal]));
      this.#running.delete(id);
      await claim.release();
    }
  }

  /** Runs one job; whatever happens ends up in its status. */
  async #runToEnd(job: Job, signal: AbortSignal): Promise<void> {
    const { id, status } = job;
    try {
      if (status === "pending") await this.#changeStatus(id, "processing", signal);
      const frames_done = job.progress.currentStep;
      logEvent("info", "job_started", "Video job started", { job_id: id, frames_done });
      await runJob(job, this.#run, signal);
      const { progress } = await this.#changeStatus(id, "completed", signal);
      logEvent("info", "job_completed", "Video job completed", {
        job_id: id,
        frames: progress.currentStep,
      });
    } catch (error) {
      // It was cancelled, removed or stopped, or goes on elsewhere, and has the status that it should have.
      const isOver = signal.aborted || error instanceof JobTakenError;
      if (!isOver) await this.#fail(id, error, signal).catch(() => {});
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
      logEvent("warning", "job_waits", `Video job waits for ${this.#store.room.name}`, {
        job_id: id,
      });
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
