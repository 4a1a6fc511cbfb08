/**
 * What a store of jobs consists of.
 *
 * @module
 */

import type { DiskSpace } from "../../storage/disk_space.ts";
import type { JobBackend } from "./job_backend.ts";
import type { JobFiles } from "./job_files.ts";
import type { JobStoreOptions } from "./job_store_options.ts";
import type { JobTable } from "./job_table.ts";

/** The jobs that there are, and all that belongs to them. */
export interface JobStorage {
  /** The uploaded files. */
  files: JobFiles;
  /** The disk that they are on. */
  disk: DiskSpace;
  /** Where the jobs and their results are kept. */
  backend: JobBackend;
  /** The jobs in memory. */
  jobs: JobTable;
  /**
   * Checks that results may still be written.
   *
   * @throws {StorageFullError} If there is too little room
   */
  checkResults(): Promise<void>;
}

/** Opens what a store consists of. */
export type OpenJobStorage = (options: JobStoreOptions) => Promise<JobStorage>;
