/**
 * Opens what a store of jobs keeps in `DATA_DIR`.
 *
 * @module
 */

import { logEvent } from "../../../telemetry/log.ts";
import { DiskSpace } from "../../../storage/disk_space.ts";
import type { Job } from "../job.ts";
import { JobFiles } from "../job_files.ts";
import { type JobStoreOptions, SYSTEM_CLOCKS } from "../job_store_options.ts";
import type { JobStorage } from "../job_storage.ts";
import { JobTable } from "../job_table.ts";
import { RemoteJobDatabase } from "./remote_job_database.ts";

/** File of the database within the data directory. */
export const DATABASE_NAME = "jobs.sqlite";

/**
 * Opens it all, and removes files that belong to none of the jobs.
 *
 * @throws {DatabaseError} If another process uses the directory
 * @throws {StorageFullError} If there is no room on the disk
 * @throws {StorageUnavailableError} If the database cannot be used
 */
export async function openJobStorage(
  { dataDirectory, clocks = SYSTEM_CLOCKS, reserveBytes = 0 }: JobStoreOptions,
): Promise<JobStorage> {
  const files = await JobFiles.open(`${dataDirectory}/videos`);
  const { database, jobs } = await RemoteJobDatabase.open(`${dataDirectory}/${DATABASE_NAME}`);
  logDamaged(jobs.map(({ job }) => job));
  const table = new JobTable(jobs, clocks);
  try {
    await files.removePartial();
    await files.removeOthers((id) => table.has(id));
  } catch (error) {
    database.terminate();
    throw error;
  }
  const disk = new DiskSpace(dataDirectory, { reserveBytes });
  const room = { name: "disk space", check: () => disk.checkResults() };
  return { files, disk, backend: database, jobs: table, room };
}

function logDamaged(jobs: readonly Job[]): void {
  const damaged = jobs.filter(({ error }) => error?.code === "job_damaged").length;
  if (damaged === 0) return;
  const message = "Video jobs are damaged on the disk, and count as failed";
  logEvent("warning", "job_damaged", message, { jobs: damaged });
}
