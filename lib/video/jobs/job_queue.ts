/**
 * Who runs which job.
 *
 * @module
 */

import type { Job } from "./job.ts";

/** A job that is run here and nowhere else, until it is released. */
export interface JobClaim {
  /** The job, which waits or was interrupted. */
  job: Job;
  /** Aborted when another machine goes on with it. */
  signal: AbortSignal;
  /** Lets the job go: for good where it has ended, else so that it is taken up again. */
  release(): Promise<void>;
}

/** Gives each job to one who runs it. */
export interface JobQueue {
  /**
   * Waits for the next job.
   *
   * @returns `undefined` once `signal` is aborted
   */
  next(signal: AbortSignal): Promise<JobClaim | undefined>;
}
