/**
 * The server's side of the worker that has the database of video jobs.
 *
 * @module
 */

import { RemoteDatabase } from "../../../storage/remote_database.ts";
import { JobStateError } from "../../errors.ts";
import type { ResultFormat } from "../../result_formats.ts";
import type { JobBackend, JobWrite, ResultsCount, ResultsPiece } from "../job_backend.ts";
import type { DatabaseCalls } from "./job_database_worker.ts";
import type { StoredJob } from "./read_job_row.ts";

/** Calls the methods of a `JobDatabase` in a worker. */
export class RemoteJobDatabase extends RemoteDatabase<DatabaseCalls> implements JobBackend {
  /** A crash loses no more than this. */
  readonly noteIdleMs = 600_000;

  /**
   * Opens a database, making it if need be.
   *
   * @returns The jobs in it, too
   * @throws {JobStateError} If a later version of livesyte has written it
   * @throws {StorageFullError} If there is no room for it on the disk
   * @throws {StorageUnavailableError} If it cannot be read or written, or another process has it open
   */
  static async open(path: string): Promise<{ database: RemoteJobDatabase; jobs: StoredJob[] }> {
    const database = new RemoteJobDatabase({
      path,
      worker: new URL("./job_database_worker.ts", import.meta.url).href,
      name: "job database",
      closed: new JobStateError("The job database is closed"),
      errors: [JobStateError],
    });
    return { database, jobs: await database.start() };
  }

  /** Makes changes; see {@linkcode JobBackend.write}. */
  write(changes: JobWrite): Promise<void> {
    return this.call("write", changes);
  }

  /** How far the results of a job go. */
  countResults(jobId: string): Promise<ResultsCount> {
    return this.call("countResults", jobId);
  }

  /** Highest number that an object of a job has; 0 when none has one. */
  highestTrack(jobId: string): Promise<number> {
    return this.call("highestTrack", jobId);
  }

  /** Reads results of a job in the order of the frames. */
  readResults(
    jobId: string,
    range: { offset: number; limit: number },
    format: ResultFormat,
  ): Promise<ResultsPiece> {
    return this.call("readResults", jobId, range, format);
  }
}
