/**
 * The video jobs of a server: their store, what runs them, and when both begin.
 *
 * @module
 */

import { join } from "node:path";
import { videoMetrics } from "../telemetry/metrics.ts";
import { traceJob } from "../telemetry/traces.ts";
import { AnnotatedVideos } from "./annotated_videos.ts";
import { checkDataDirectory, toStorageError } from "./data_directory.ts";
import { isFinished, type Job } from "./job.ts";
import { JobRunner, type JobRunnerOptions } from "./job_runner.ts";
import { assessJobs, type JobHealth, type JobStatistics, summarizeJobs } from "./job_statistics.ts";
import { DEFAULT_JOB_LIMITS } from "./job_limits.ts";
import { DATABASE_NAME, JobStore } from "./job_store.ts";
import type { VideoFrameProcessor } from "./video_frame_processor.ts";
import { watchJob } from "./watch_job.ts";

/** Options of {@linkcode VideoService}. */
export interface VideoServiceOptions extends Pick<JobRunnerOptions, "frameSize" | "framesAtOnce"> {
  /** Holds the jobs, their results and their files; made when it is needed. */
  dataDirectory: string;
  /** What the frames of the jobs run on. */
  processor: VideoFrameProcessor;
  /** Jobs at a time. */
  workers: number;
}

interface OpenJobs {
  store: JobStore;
  runner: JobRunner;
  annotated: AnnotatedVideos;
}

/** The state of the jobs as `GET /health` shows it. */
export type JobsHealth = JobHealth & JobStatistics;

/**
 * Keeps and runs video jobs.
 *
 * The store is opened when somebody asks for it, or at the start when an earlier run has left one; a server that is used for
 * streams only leaves no trace on the disk.
 */
export class VideoService {
  readonly #options: VideoServiceOptions;
  #opened: OpenJobs | undefined;
  readonly #watchers = new Set<WebSocket>();
  #isStarted = false;

  /** Opens no store yet, so nothing is left on the disk. */
  constructor(options: VideoServiceOptions) {
    this.#options = options;
  }

  /** The jobs; @throws {StorageUnavailableError} If the directory cannot be used */
  get store(): JobStore {
    return this.#open().store;
  }

  /** What runs the jobs; @throws {StorageUnavailableError} If the directory cannot be used */
  get runner(): JobRunner {
    return this.#open().runner;
  }

  /** Videos into which results are drawn; @throws {StorageUnavailableError} If the directory cannot be used */
  get annotated(): AnnotatedVideos {
    return this.#open().annotated;
  }

  /**
   * Opens the jobs of an earlier run, and checks that new ones could be kept.
   *
   * @throws {StorageUnavailableError} If the directory cannot be used
   */
  prepare(): void {
    checkDataDirectory(this.#options.dataDirectory);
    if (exists(join(this.#options.dataDirectory, DATABASE_NAME))) this.#open();
  }

  /** Begins to run jobs, those first that an earlier run left unfinished. */
  start(): void {
    this.#isStarted = true;
    this.#opened?.runner.start();
  }

  /** Waits for the frames in flight and for what is being written; jobs that are not finished go on at the next start. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStarted = false;
    for (const socket of this.#watchers) socket.close(1001, "server_shutdown");
    if (this.#opened === undefined) return;
    const { store, runner, annotated } = this.#opened;
    await Promise.all([runner.stop(), annotated.stop()]);
    await store.shutdown(timeoutMs);
  }

  /**
   * Tells a client how a job gets on, up to its end; see {@linkcode watchJob}.
   *
   * @param socket Not open yet
   * @throws {StorageUnavailableError} If the directory cannot be used
   */
  watch(socket: WebSocket, id: string): void {
    const { store } = this;
    this.#watchers.add(socket);
    socket.addEventListener("close", () => this.#watchers.delete(socket));
    socket.addEventListener("open", () => watchJob(socket, store, id));
  }

  /** Figures about the jobs. */
  health(): JobsHealth {
    if (this.#opened !== undefined) {
      const { store } = this.#opened;
      return { ...store.statistics(), ...store.health() };
    }
    const limits = { capacity: DEFAULT_JOB_LIMITS.capacity, now: Date.now() };
    return { ...summarizeJobs([], limits), ...assessJobs([], limits) };
  }

  #open(): OpenJobs {
    if (this.#opened !== undefined) return this.#opened;
    const { dataDirectory, processor, ...options } = this.#options;
    const store = openStore(dataDirectory);
    store.on("status", observeDuration);
    this.#opened = {
      store,
      runner: new JobRunner(store, processor, options),
      annotated: new AnnotatedVideos(store),
    };
    if (this.#isStarted) this.#opened.runner.start();
    return this.#opened;
  }
}

function openStore(dataDirectory: string): JobStore {
  try {
    return new JobStore({ dataDirectory });
  } catch (error) {
    throw toStorageError(error, dataDirectory);
  }
}

function exists(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}

function observeDuration({ id, pipelineId, status, startedAt, finishedAt }: Job): void {
  if (!isFinished(status) || startedAt === null || finishedAt === null) return;
  videoMetrics.jobSeconds.observe((finishedAt - startedAt) / 1000);
  traceJob(startedAt, {
    "livesyte.job_id": id,
    "livesyte.pipeline_id": pipelineId,
    "livesyte.status": status,
  });
}
