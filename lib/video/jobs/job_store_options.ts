/**
 * What a store of jobs is opened with.
 *
 * @module
 */

import type { JobStoreLimits } from "./job_limits.ts";
import type { JobClocks } from "./job_table.ts";

/** Options of `JobStore`. */
export interface JobStoreOptions {
  /** Holds the database and the uploaded files; made if need be. */
  dataDirectory: string;
  /** How many jobs are kept, and for how long; the defaults where not given. */
  limits?: Partial<JobStoreLimits>;
  /**
   * Bytes of the disk that stay free; see `DiskSpace`.
   *
   * @default {0}
   */
  reserveBytes?: number;
  /**
   * Milliseconds between looks for expired jobs; 0 for none but those that `sweep` makes.
   *
   * @default {60000}
   */
  sweepIntervalMs?: number;
  /** Those of the system unless given. */
  clocks?: JobClocks;
}

/** The clocks of the system. */
export const SYSTEM_CLOCKS: JobClocks = { now: () => Date.now(), uptime: () => performance.now() };
