/**
 * What a store of jobs consists of.
 *
 * @module
 */

import type { DiskSpace } from "../../storage/disk_space.ts";
import type { JobBackend } from "./job_backend.ts";
import type { JobFiles } from "./job_files.ts";
import type { JobQueue } from "./job_queue.ts";
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
  /** The room that there is for results. */
  room: ResultsRoom;
}

/** The room that there is for results. */
export interface ResultsRoom {
  /** What jobs wait for while there is none, such as `disk space`. */
  name: string;
  /**
   * Checks that results may still be written.
   *
   * @throws {StorageFullError} If there is too little of it
   */
  check(): Promise<void>;
}

/** Jobs that several machines share. */
export interface SharedVideoJobs {
  /** Opens them for a store. */
  readonly openStorage: OpenJobStorage;
  /** Gives them to whoever runs them. */
  readonly queue: JobQueue;
}

/** Opens what a store consists of. */
export type OpenJobStorage = (options: JobStoreOptions) => Promise<JobStorage>;
