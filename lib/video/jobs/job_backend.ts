/**
 * Where a store keeps its jobs and their results.
 *
 * @module
 */

import type { ResultFormat } from "../result_formats.ts";
import type { Job, VideoFrameResult } from "./job.ts";

/** Changes that happen as a whole or not at all. */
export interface JobWrite {
  /** Jobs that are new or have changed, each of which counts as looked at. */
  jobs?: readonly Job[];
  /** Results that follow those that a job has, in the order of their frames. */
  results?: { jobId: string; results: readonly VideoFrameResult[] };
  /** How long nobody has looked at jobs, in milliseconds. */
  idle?: readonly (readonly [id: string, idleMs: number])[];
  /** Ids of jobs that are removed with their results. */
  remove?: readonly string[];
}

/** How far the results of a job go. */
export interface ResultsCount {
  /** Number of results. */
  count: number;
  /** The frame from which the job has to go on: the one behind the last that has a result. */
  nextFrame: number;
}

/** Some results in a row. */
export interface ResultsPiece {
  /** In the form that was asked for. */
  bytes: Uint8Array<ArrayBuffer>;
  /** Number of results; 0 only where there are no more. */
  count: number;
}

/** Is told what others have done to the jobs that a store shares with them. */
export interface JobListener {
  /** Runs work while no job is being changed here; the methods below are to be called only then. */
  run<T>(work: () => T | Promise<T>): Promise<T>;
  /**
   * A job is new or has changed.
   *
   * @param idleMs How long ago that was, in milliseconds
   */
  changed(job: Job, idleMs: number): void;
  /** Somebody looked at a job so many milliseconds ago. */
  seen(id: string, idleMs: number): void;
  /** A job has been removed. */
  removed(id: string): void;
}

/**
 * Keeps jobs and results. All of it throws {@linkcode StorageUnavailableError} where it cannot be reached, and changes throw
 * {@linkcode StorageFullError} where there is no room for them.
 */
export interface JobBackend {
  /** How often it is told for how long nobody has looked at each job, in milliseconds. */
  readonly noteIdleMs: number;
  /**
   * Makes changes.
   *
   * @throws {JobStateError} If a frame has a result already, or comes before one that has
   * @throws {JobConflictError} If somebody else has changed one of the jobs; the listener has been told how
   */
  write(changes: JobWrite): Promise<void>;
  /** How far the results of a job go. */
  countResults(jobId: string): Promise<ResultsCount>;
  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): Promise<number>;
  /** Reads results of a job in the order of the frames; a piece that grows large ends before `limit`. */
  readResults(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): Promise<ResultsPiece>;
  /** Tells from now on what others do to the jobs; only where there are others. */
  listen?(listener: JobListener): void;
  /** Looks for a job that may be so new that nobody has told of it yet; only where there are others. */
  lookFor?(id: string): Promise<void>;
  /** Ends once the calls before are answered. */
  close(): Promise<void>;
  /** Ends at once. */
  terminate(): void;
}
