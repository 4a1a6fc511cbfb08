/**
 * The video jobs of a server: their store, what runs them, and when both begin.
 *
 * @module
 */

import { join } from "node:path";
import type { JobsSummary } from "../protocol/health.ts";
import { logEvent } from "../telemetry/log.ts";
import { videoMetrics } from "../telemetry/metrics.ts";
import { traceJob } from "../telemetry/traces.ts";
import { AnnotatedVideos } from "./annotate/annotated_videos.ts";
import { checkDataDirectory, toDataDirectoryError } from "./data_directory.ts";
import { StorageUnavailableError } from "./errors.ts";
import { isFinished, type Job } from "./jobs/job.ts";
import { JobRunner, type JobRunnerOptions } from "./jobs/job_runner.ts";
import type { SharedVideoJobs } from "./jobs/job_storage.ts";
import { assessJobs, summarizeJobs } from "./jobs/job_statistics.ts";
import { DEFAULT_JOB_LIMITS } from "./jobs/job_limits.ts";
import { DATABASE_NAME } from "./jobs/database/open_job_storage.ts";
import { RemoteJobDatabase } from "./jobs/database/remote_job_database.ts";
import { JobStore } from "./jobs/job_store.ts";
import type { JobStoreOptions } from "./jobs/job_store_options.ts";
import type { VideoFrameProcessor } from "./video_frame_processor.ts";
import { VideoProbe } from "./decode/video_probe.ts";
import { watchJob } from "./jobs/watch_job.ts";

/** Options of {@linkcode VideoService}. */
export interface VideoServiceOptions extends Pick<JobRunnerOptions, "frameSize" | "framesAtOnce"> {
  /** Holds the jobs, their results and their files; made when it is needed. */
  dataDirectory: string;
  /** What the frames of the jobs run on. */
  processor: VideoFrameProcessor;
  /** Jobs at a time. */
  workers: number;
  /** Bytes of the disk that stay free; see `DiskSpace`. */
  reserveBytes: number;
  /** Whether other machines share the jobs; then they can be used once {@linkcode VideoService.share} has told how. */
  isShared: boolean;
  /** Whether jobs are run here, and not only taken and shown. */
  runs: boolean;
}

/** Time between two attempts to open jobs that are shared, in milliseconds. */
const OPEN_RETRY_MS = 1000;
/** Results of shared jobs are stored in larger batches than on a disk, since each is a file of its own. */
const SHARED_BATCH = { maxResults: 100, maxWaitMs: 1000 };

/** The jobs of a server. */
export interface OpenJobs {
  /** Keeps them. */
  store: JobStore;
  /** Runs them. */
  runner: JobRunner;
  /** Videos into which results are drawn. */
  annotated: AnnotatedVideos;
  /** Looks at uploads when there is no place for what is no video. */
  probe: VideoProbe;
}

/**
 * Keeps and runs video jobs.
 *
 * The store is opened when somebody asks for it, or at the start when an earlier run has left one; a server that is used for
 * streams only leaves no trace on the disk.
 */
export class VideoService {
  readonly #options: VideoServiceOptions;
  #opened: OpenJobs | undefined;
  #opening: Promise<OpenJobs> | undefined;
  readonly #watchers = new Set<WebSocket>();
  #shared: SharedVideoJobs | undefined;
  #isStarted = false;

  /** Opens no store yet, so nothing is left on the disk. */
  constructor(options: VideoServiceOptions) {
    this.#options = options;
  }

  /**
   * The jobs, which are looked for on the disk at the first time.
   *
   * @throws {StorageUnavailableError} If the directory cannot be used; the next time it is tried again
   */
  open(): Promise<OpenJobs> {
    return this.#opening ??= this.#open().catch((error) => {
      this.#opening = undefined;
      throw error;
    });
  }

  /**
   * Uses jobs that are shared with other machines.
   *
   * @param shared Where they are kept; it may not be reached yet
   */
  share(shared: SharedVideoJobs): void {
    this.#shared = shared;
  }

  /**
   * Opens the jobs of an earlier run, and checks that new ones could be kept.
   *
   * @throws {StorageUnavailableError} If the directory cannot be used
   */
  async prepare(): Promise<void> {
    checkDataDirectory(this.#options.dataDirectory);
    const path = join(this.#options.dataDirectory, DATABASE_NAME);
    if (!await exists(path)) return;
    if (this.#options.isShared) await tellHidden(path);
    else await this.open();
  }

  /** Begins to run jobs, those first that an earlier run left unfinished. */
  start(): void {
    this.#isStarted = true;
    if (this.#options.runs) this.#opened?.runner.start();
    if (this.#options.isShared) void this.#openSoon();
  }

  /**
   * Looks for a job that a client asks for, since another machine may have taken it just now.
   *
   * @throws {StorageUnavailableError} If jobs cannot be read
   */
  async lookFor(id: string): Promise<void> {
    if (this.#options.isShared) await (await this.open()).store.lookFor(id);
  }

  /** Waits for the frames in flight and for what is being written; jobs that are not finished go on at the next start. */
  async stop(timeoutMs: number): Promise<void> {
    this.#isStarted = false;
    for (const socket of this.#watchers) socket.close(1001, "server_shutdown");
    const opened = await this.#opening?.catch(() => undefined);
    if (opened === undefined) return;
    const { store, runner, annotated, probe } = opened;
    await Promise.all([runner.stop(), annotated.stop(), probe.stop()]);
    await store.shutdown(timeoutMs);
  }

  /**
   * Reports the progress of a job to a client until the job ends; see {@linkcode watchJob}.
   *
   * @param socket Not open yet
   */
  watch(socket: WebSocket, id: string): void {
    this.#watchers.add(socket);
    socket.addEventListener("close", () => this.#watchers.delete(socket));
    socket.addEventListener("open", async () => {
      try {
        await this.lookFor(id);
        watchJob(socket, (await this.open()).store, id);
      } catch {
        socket.close(1011, "storage_unavailable");
      }
    });
  }

  /** Figures about the jobs. */
  health(): JobsSummary {
    if (this.#opened !== undefined) {
      const { store } = this.#opened;
      return { ...store.statistics(), ...store.health() };
    }
    const { capacity } = DEFAULT_JOB_LIMITS;
    return { ...summarizeJobs([], { capacity, now: 0 }), ...assessJobs([], capacity) };
  }

  async #open(): Promise<OpenJobs> {
    const { dataDirectory, reserveBytes, isShared, runs, processor, ...options } = this.#options;
    const shared = this.#shared;
    if (isShared && shared === undefined) {
      throw new StorageUnavailableError("The cluster that keeps the video jobs is not there yet");
    }
    const store = await openStore({ dataDirectory, reserveBytes }, shared);
    const batch = shared === undefined ? {} : SHARED_BATCH;
    const runner = new JobRunner(store, processor, { ...options, batch, queue: shared?.queue });
    store.on("status", (job) => {
      // Every machine hears of jobs that they share, and one has run it.
      if (!isShared || runner.running.includes(job.id)) observeDuration(job);
    });
    const annotated = new AnnotatedVideos(store);
    this.#opened = { store, runner, annotated, probe: new VideoProbe() };
    if (this.#isStarted && runs) runner.start();
    return this.#opened;
  }

  /** Opens shared jobs as soon as they can be reached. */
  async #openSoon(): Promise<void> {
    while (this.#isStarted && this.#opened === undefined) {
      try {
        await this.open();
      } catch {
        await new Promise((resolve) => setTimeout(resolve, OPEN_RETRY_MS));
      }
    }
  }
}

async function openStore(options: JobStoreOptions, shared?: SharedVideoJobs): Promise<JobStore> {
  try {
    return await JobStore.open(options, shared?.openStorage);
  } catch (error) {
    if (shared !== undefined && error instanceof StorageUnavailableError) throw error;
    throw toDataDirectoryError(error, options.dataDirectory);
  }
}

/** Tells of jobs that were taken before the jobs were shared; none is told of where the next server by itself will say what is wrong. */
async function tellHidden(path: string): Promise<void> {
  const opened = await RemoteJobDatabase.open(path).catch(() => undefined);
  await opened?.database.close();
  const jobs = opened?.jobs.length ?? 0;
  if (jobs === 0) return;
  const message =
    `Video jobs of a time without NATS_URL stay in ${path}, and are neither shown nor continued: ` +
    "to get at them, start a server with this DATA_DIR and without NATS_URL";
  logEvent("warning", "jobs_hidden", message, { jobs });
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch {
    return false;
  }
}

function observeDuration({ id, pipelineId, status, startedAt, finishedAt }: Job): void {
  if (!isFinished(status) || startedAt === null || finishedAt === null) return;
  // Somebody may have set the clock back meanwhile.
  videoMetrics.jobSeconds.observe(Math.max(0, finishedAt - startedAt) / 1000);
  traceJob(startedAt, {
    "livesyte.job_id": id,
    "livesyte.pipeline_id": pipelineId,
    "livesyte.status": status,
  });
}
