/**
 * Keeps the video jobs of a cluster in JetStream, where every machine finds them.
 *
 * @module
 */

import type { NatsConnection } from "@nats-io/transport-node";
import { join } from "node:path";
import { DiskSpace } from "../../storage/disk_space.ts";
import { StorageUnavailableError } from "../../video/errors.ts";
import type {
  JobBackend,
  JobListener,
  JobWrite,
  ResultsCount,
  ResultsPiece,
} from "../../video/jobs/job_backend.ts";
import type { OpenJobStorage, SharedVideoJobs } from "../../video/jobs/job_storage.ts";
import { SYSTEM_CLOCKS } from "../../video/jobs/job_store_options.ts";
import { JobTable } from "../../video/jobs/job_table.ts";
import type { ResultFormat } from "../../video/result_formats.ts";
import { JobBuckets } from "./job_buckets.ts";
import { JobRecords } from "./job_records.ts";
import { JobStreams } from "./job_streams.ts";
import { ResultChunks } from "./result_chunks.ts";
import { SharedFiles } from "./shared_files.ts";
import { SharedQueue, type SharedQueueOptions } from "./shared_queue.ts";

/** Folder within the data directory for copies of videos. */
const COPIES = "copies";
/** How long reading all jobs over a new connection may take, in milliseconds. */
const OPEN_TIMEOUT_MS = 15_000;

/** What {@linkcode SharedJobs} works with. */
export interface SharedJobsOptions extends Omit<SharedQueueOptions, "streams" | "records"> {
  /** Name of the cluster. */
  cluster: string;
}

/** The video jobs of a cluster. */
export class SharedJobs implements SharedVideoJobs, JobBackend {
  /** So that no machine removes a job that somebody has just looked at on another. */
  readonly noteIdleMs = 0;
  /** Gives the jobs to machines. */
  readonly queue: SharedQueue;
  readonly #streams: JobStreams;
  readonly #buckets: JobBuckets;
  readonly #records: JobRecords;
  readonly #chunks: ResultChunks;
  #files: SharedFiles | undefined;

  /** Knows no jobs until there is a connection. */
  constructor({ cluster, ...options }: SharedJobsOptions) {
    const streams = this.#streams = new JobStreams(cluster);
    this.#buckets = new JobBuckets(streams);
    const self = { id: options.self, hash: options.hash };
    const records = this.#records = new JobRecords(streams, self);
    this.#chunks = new ResultChunks(this.#buckets);
    this.queue = new SharedQueue({ ...options, streams, records });
  }

  /** Whether jobs can be read and written now. */
  get isOpen(): boolean {
    return this.#streams.isOpen;
  }

  /**
   * Keeps the jobs over a connection from now on.
   *
   * @throws If JetStream is not there, or has no room for the records
   */
  async use(connection: NatsConnection): Promise<void> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error("it does not answer")), OPEN_TIMEOUT_MS);
    const open = async () => await this.#records.use(await this.#streams.use(connection));
    try {
      await Promise.race([open(), late.promise]);
    } catch (error) {
      this.#streams.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Notes that the connection has ended; what was read last can still be looked at. */
  disconnected(): void {
    this.#streams.close();
  }

  /**
   * Opens what a store needs.
   *
   * @throws {StorageUnavailableError} If NATS cannot be reached
   */
  readonly openStorage: OpenJobStorage = async (
    { dataDirectory, clocks = SYSTEM_CLOCKS, reserveBytes = 0 },
  ) => {
    if (!this.isOpen) {
      throw new StorageUnavailableError("Cannot reach NATS, which keeps the video jobs");
    }
    const disk = new DiskSpace(dataDirectory, { reserveBytes });
    const files = this.#files = await SharedFiles.openIn(join(dataDirectory, COPIES), {
      streams: this.#streams,
      buckets: this.#buckets,
      disk,
      isKnown: (id) =>
        this.#records.exclusively(async () => {
          await this.#records.refresh(id);
          return this.#records.get(id) !== undefined;
        }),
    });
    const jobs = new JobTable([], clocks);
    // NATS says by itself when it has none.
    const room = { name: "NATS", check: () => Promise.resolve() };
    return { files, disk, backend: this, jobs, room };
  };

  /** Makes changes; results first, since they say how far a job is whatever its record says. */
  async write({ jobs = [], results, idle = [], remove = [] }: JobWrite): Promise<void> {
    if (results !== undefined) await this.#chunks.append(results.jobId, results.results);
    for (const job of jobs) {
      const before = this.#records.get(job.id)?.job.status;
      await this.#records.put(job);
      if (job.status === "pending" && before !== "pending") await this.queue.add(job.id);
    }
    if (idle.length > 0) await this.#records.seen(idle);
    for (const id of remove) {
      await this.#records.remove(id);
      await this.queue.remove(id);
      this.#chunks.forget(id);
      await this.#buckets.remove(id);
    }
  }

  /** How far the results of a job go. */
  countResults(jobId: string): Promise<ResultsCount> {
    return this.#chunks.count(jobId);
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): Promise<number> {
    return this.#chunks.highestTrack(jobId);
  }

  /** Reads results of a job in the order of the frames. */
  readResults(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): Promise<ResultsPiece> {
    return this.#chunks.read(jobId, range, format);
  }

  /** Tells from now on what other machines do to the jobs. */
  listen(listener: JobListener): void {
    this.#records.listen(listener);
  }

  /** Looks for a job that another machine may have taken just now. */
  async lookFor(id: string): Promise<void> {
    if (this.isOpen) await this.#records.exclusively(() => this.#records.refresh(id));
  }

  /** Removes the copies of videos on this machine. */
  async close(): Promise<void> {
    this.queue.stop();
    await this.#files?.close();
    this.#files = undefined;
  }

  /** Ends at once; what is left of copies is removed by the next process. */
  terminate(): void {
    this.queue.stop();
  }
}
