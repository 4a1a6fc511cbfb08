/**
 * The videos and results of jobs in the object store of JetStream: a bucket for each job, which goes with it as a whole.
 *
 * @module
 */

import { StorageType } from "@nats-io/jetstream";
import type { ObjectStore } from "@nats-io/obj";
import { MEGABYTE } from "../../environment.ts";
import { hasCode, JetStreamCode, type JobStreams } from "./job_streams.ts";

/** Room for results that is reserved beside the video, and again whenever it is used up. */
const RESULTS_BYTES = 16 * MEGABYTE;
/** Part of a video's size that the messages around its pieces take at most. */
const OVERHEAD = 1 / 64;
/** A bucket without a job that is older than this, in milliseconds, is no upload that is still on its way. */
const ORPHAN_MS = 3_600_000;

/**
 * The buckets of the jobs of a cluster. Their room is reserved when they are made, so that a full storage shows before anything is
 * written, and neither the results nor the records of jobs are refused later.
 */
export class JobBuckets {
  readonly #streams: JobStreams;

  /** Those in streams that need not be open yet. */
  constructor(streams: JobStreams) {
    this.#streams = streams;
  }

  /**
   * The bucket of a job, which is made if need be, with as many replicas as the records of the jobs have been given.
   *
   * @param videoBytes Size of the video that it is to hold
   * @throws {StorageFullError} If NATS has no room for it
   */
  make(jobId: string, videoBytes = 0): Promise<ObjectStore> {
    const max_bytes = Math.ceil(videoBytes * (1 + OVERHEAD)) + RESULTS_BYTES;
    return this.#streams.call(async ({ objects, records }) => {
      const { replicas } = await records.status();
      const options = { storage: StorageType.File, max_bytes, replicas };
      return await objects.create(this.#streams.bucketName(jobId), options);
    });
  }

  /** Uses the bucket of a job; `undefined` where there is none. */
  async use<T>(jobId: string, work: (bucket: ObjectStore) => Promise<T>): Promise<T | undefined> {
    try {
      return await this.#streams.call(async ({ objects }) =>
        await work(await objects.open(this.#streams.bucketName(jobId), false))
      );
    } catch (error) {
      if (!hasCode(error, JetStreamCode.noStream)) throw error;
      return undefined;
    }
  }

  /**
   * Reserves more room for the results of a job.
   *
   * @throws {StorageFullError} If NATS has none
   */
  async grow(jobId: string): Promise<void> {
    await this.#streams.call(async ({ jsm }) => {
      const stream = this.#streamOf(jobId);
      const { config } = await jsm.streams.info(stream);
      await jsm.streams.update(stream, { max_bytes: config.max_bytes + RESULTS_BYTES });
    });
  }

  /** Removes the bucket of a job with all that is in it, if it is there. */
  async remove(jobId: string): Promise<void> {
    try {
      await this.#streams.call(({ jsm }) => jsm.streams.delete(this.#streamOf(jobId)));
    } catch (error) {
      if (!hasCode(error, JetStreamCode.noStream)) throw error;
    }
  }

  /** Removes the buckets of jobs that are not known, unless they are still being uploaded. */
  async removeOthers(isKnown: (jobId: string) => Promise<boolean>): Promise<void> {
    await this.#streams.call(async ({ jsm }) => {
      for await (const { config, created } of jsm.streams.list()) {
        const id = this.#streams.jobOfStream(config.name);
        if (id === undefined || Date.now() - Date.parse(String(created)) < ORPHAN_MS) continue;
        if (!await isKnown(id)) await this.remove(id);
      }
    });
  }

  #streamOf(jobId: string): string {
    return `OBJ_${this.#streams.bucketName(jobId)}`;
  }
}
