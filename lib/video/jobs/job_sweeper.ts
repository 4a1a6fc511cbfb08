/**
 * Removes what has expired, from time to time.
 *
 * @module
 */

import { logEvent } from "../../telemetry/log.ts";
import type { JobFiles } from "./job_files.ts";
import type { JobStoreLimits } from "./job_limits.ts";
import type { JobPlaces } from "./job_places.ts";
import type { JobRemoval } from "./job_removal.ts";
import type { JobClocks, JobTable } from "./job_table.ts";

/** What {@linkcode JobSweeper} works on. */
export interface JobSweeperOptions {
  /** The jobs in memory. */
  jobs: JobTable;
  /** Files of jobs that are still being uploaded are none of those that are left over. */
  places: JobPlaces;
  /** Where files may be left over. */
  files: JobFiles;
  /** Removes what has expired. */
  removal: JobRemoval;
  /** Tells the time. */
  clocks: JobClocks;
  /** Those that hold now. */
  limits: () => JobStoreLimits;
  /** Writes down how long nobody has looked at each job. */
  writeIdle: (idle: [id: string, idleMs: number][]) => Promise<void>;
  /** How often it does, in milliseconds. */
  noteIdleMs: number;
  /** Milliseconds between sweeps; 0 for none but those that are asked for. */
  intervalMs: number;
}

/** Sweeps the jobs of a store until it is stopped. */
export class JobSweeper {
  readonly #options: JobSweeperOptions;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #idleNotedAt: number;
  #isStopped = false;

  /** Sweeps for the first time after `intervalMs`. */
  constructor(options: JobSweeperOptions) {
    this.#options = options;
    this.#idleNotedAt = options.clocks.uptime();
    const { intervalMs } = options;
    if (intervalMs > 0) this.#timer = setInterval(() => this.sweep(), intervalMs);
  }

  /**
   * Removes the jobs that have expired, and files that belong to none. It never fails: what the disk does not let happen now is
   * tried again at the next sweep.
   *
   * @returns Number of jobs removed
   */
  async sweep(): Promise<number> {
    const { jobs, places, files, removal, clocks, limits, noteIdleMs } = this.#options;
    let removed = 0;
    try {
      const isExpired = (id: string) => jobs.isExpired(id, limits());
      removed = await removal.removeAll(jobs.expired(limits()), isExpired, "Video job expired");
      if (clocks.uptime() - this.#idleNotedAt >= noteIdleMs) await this.noteIdle();
      await files.removeOthers((id) => jobs.has(id) || places.has(id));
    } catch (error) {
      const reason = error instanceof Error ? error.name : "unknown";
      if (!this.#isStopped) {
        logEvent("warning", "job_sweep_failed", "Cannot clear up jobs", { reason });
      }
    }
    return removed;
  }

  /**
   * Writes down how long nobody has looked at each job, for the next start.
   *
   * @throws {StorageUnavailableError} If the disk cannot be written
   */
  async noteIdle(): Promise<void> {
    const { jobs, clocks, writeIdle } = this.#options;
    await writeIdle(jobs.idle());
    this.#idleNotedAt = clocks.uptime();
  }

  /** Sweeps no more. */
  stop(): void {
    this.#isStopped = true;
    clearInterval(this.#timer);
  }
}
