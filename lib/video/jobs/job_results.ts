/**
 * Reads the results of jobs.
 *
 * @module
 */

import type { ResultFormat } from "../result_formats.ts";
import type { JobBackend, ResultsCount, ResultsPiece } from "./job_backend.ts";

/** The results of the jobs in a store. */
export class JobResults {
  readonly #backend: JobBackend;
  readonly #checkJob: (id: string) => void;

  /**
   * Reads from where the results are kept.
   *
   * @param checkJob Throws if there is no job of an id
   */
  constructor(backend: JobBackend, checkJob: (id: string) => void) {
    this.#backend = backend;
    this.#checkJob = checkJob;
  }

  /**
   * Reads results of a job in the order of the frames.
   *
   * @param range `offset` results are left out; those after `limit`, or after what makes a handy piece, stay for the next time
   * @throws {JobNotFoundError} If there is no job of this id
   * @throws {StorageUnavailableError} If the disk cannot be read
   */
  async read(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): Promise<ResultsPiece> {
    this.#checkJob(jobId);
    return await this.#backend.readResults(jobId, range, format);
  }

  /**
   * Number of results of a job, and the frame from which it has to go on.
   *
   * @throws As `read` does.
   */
  async count(jobId: string): Promise<ResultsCount> {
    this.#checkJob(jobId);
    return await this.#backend.countResults(jobId);
  }

  /**
   * Highest `track_id` in the results of a job; 0 when there is none.
   *
   * @throws As `read` does.
   */
  async highestTrack(jobId: string): Promise<number> {
    this.#checkJob(jobId);
    return await this.#backend.highestTrack(jobId);
  }
}
