/**
 * Removes jobs with all that belongs to them.
 *
 * @module
 */

import { logEvent } from "../../telemetry/log.ts";
import type { JobEvents } from "./job_events.ts";
import type { JobFiles } from "./job_files.ts";
import type { JobTable } from "./job_table.ts";
import type { JobBackend } from "./job_backend.ts";

/** Jobs that are removed at a time: few, so that neither the event loop nor other changes wait for long. */
const STEP = 20;

/** What {@linkcode JobRemoval} works on. */
export interface JobRemovalOptions {
  /** The jobs in memory. */
  jobs: JobTable;
  /** Their files. */
  files: JobFiles;
  /** Where they and their results are kept. */
  backend: JobBackend;
  /** Tells others. */
  events: JobEvents;
  /** Runs work when what was asked for before is done. */
  run: <T>(work: () => T | Promise<T>) => Promise<T>;
}

/** Removes the jobs of a store. */
export class JobRemoval {
  readonly #options: JobRemovalOptions;

  /** Removes nothing yet. */
  constructor(options: JobRemovalOptions) {
    this.#options = options;
  }

  /**
   * Removes a job.
   *
   * @throws {JobNotFoundError} If there is none of this id
   * @throws {StorageUnavailableError} If the disk cannot be written
   */
  remove(id: string): Promise<void> {
    const { jobs, run } = this.#options;
    return run(() => {
      jobs.check(id);
      return this.#remove([id]);
    });
  }

  /**
   * Removes many jobs, with time for other work between them.
   *
   * @param isMeant Asked about each when it is its turn; one that has gone or has changed meanwhile is left alone
   * @param reason Logged for each
   * @returns Number of jobs removed
   * @throws {StorageUnavailableError} If the disk cannot be written; those before are gone then
   */
  async removeAll(
    ids: readonly string[],
    isMeant: (id: string) => boolean,
    reason?: string,
  ): Promise<number> {
    let removed = 0;
    for (let start = 0; start < ids.length; start += STEP) {
      removed += await this.#options.run(async () => {
        const meant = ids.slice(start, start + STEP).filter(isMeant);
        await this.#remove(meant, reason);
        return meant.length;
      });
    }
    return removed;
  }

  /**
   * Takes a job that is no longer stored out of memory, if it is still there, and tells others.
   *
   * @param reason Logged; a job that somebody has removed by hand needs none
   */
  forget(id: string, reason?: string): void {
    const { jobs, events } = this.#options;
    if (!jobs.has(id)) return;
    const job = jobs.delete(id);
    if (reason !== undefined) {
      logEvent("info", "job_removed", reason, { job_id: id, status: job.status });
    }
    events.emit("removed", job);
  }

  /** The files first, so that a full disk has room to note the rest. */
  async #remove(ids: readonly string[], reason?: string): Promise<void> {
    if (ids.length === 0) return;
    const { files, backend } = this.#options;
    for (const id of ids) await files.remove(id);
    await backend.write({ remove: ids });
    for (const id of ids) this.forget(id, reason);
  }
}
