/**
 * The server's side of the worker that has the job database.
 *
 * @module
 */

import { RemoteDatabase } from "../../../storage/remote_database.ts";
import { JobStateError } from "../../errors.ts";
import type { StoredJob } from "./read_job_row.ts";
import type { DatabaseCalls } from "./job_database_worker.ts";

/** Calls the methods of a `JobDatabase` in a worker. */
export class RemoteJobDatabase extends RemoteDatabase<DatabaseCalls> {
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
}
