/**
 * The jobs of a store as they are in memory.
 *
 * @module
 */

import { cutText } from "../../cut_text.ts";
import { JobNotFoundError } from "../errors.ts";
import { type FinishedStatus, isFinished, type Job, type JobStatus } from "./job.ts";
import type { JobStoreLimits } from "./job_limits.ts";
import type { JobHealth, JobStatistics } from "../../protocol/health.ts";
import { assessJobs, summarizeJobs } from "./job_statistics.ts";
import type { StoredJob } from "./database/read_job_row.ts";

/** The clocks of a store. */
export interface JobClocks {
  /** Milliseconds since the epoch, for times that people see; may jump when somebody sets the clock. */
  now: () => number;
  /** Milliseconds since any moment, for how long something takes; never jumps. */
  uptime: () => number;
}

/** A job, and when it was last looked at and changed, in uptime. */
interface Entry {
  job: Job;
  accessedAt: number;
  changedAt: number;
}

/** Which of the finished jobs are meant. */
export interface FinishedJobs {
  /** Those of one status; all unless given. */
  status?: FinishedStatus;
  /** Those that ended at least so many milliseconds ago; all unless given. */
  olderThanMs?: number;
}

/** Jobs by their ids, in the order in which they were added. Jobs that it gives are copies. */
export class JobTable {
  readonly #entries = new Map<string, Entry>();
  readonly #clocks: JobClocks;

  /** Begins with the jobs of an earlier run. */
  constructor(stored: readonly StoredJob[], clocks: JobClocks) {
    this.#clocks = clocks;
    const uptime = clocks.uptime();
    for (const { job, idleMs } of stored) {
      this.#entries.set(job.id, { job, accessedAt: uptime - idleMs, changedAt: uptime });
    }
  }

  /** Number of jobs. */
  get size(): number {
    return this.#entries.size;
  }

  /** Number of jobs that wait or are being processed. */
  get unfinished(): number {
    return this.#entries.values().filter(({ job }) => !isFinished(job.status)).toArray().length;
  }

  /** Whether there is a job of an id. */
  has(id: string): boolean {
    return this.#entries.has(id);
  }

  /**
   * One job.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  find(id: string): Job {
    return structuredClone(this.#find(id).job);
  }

  /** Checks that there is a job; @throws {JobNotFoundError} If there is none of this id */
  check(id: string): void {
    this.#find(id);
  }

  /**
   * Notes that somebody looks at a job.
   *
   * @throws {JobNotFoundError} If there is none of this id
   */
  touch(id: string): void {
    this.#find(id).accessedAt = this.#clocks.uptime();
  }

  /** Notes that somebody has looked at a job so many milliseconds ago, if it is there. */
  seen(id: string, idleMs: number): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.accessedAt = Math.max(entry.accessedAt, this.#clocks.uptime() - idleMs);
  }

  /** Jobs, oldest first: all, or those of one status. */
  list(status?: JobStatus): Job[] {
    const jobs = [...this.#entries.values()].map(({ job }) => job);
    return structuredClone(jobs.filter((job) => status === undefined || job.status === status));
  }

  /** Adds a job, or puts it in the place of what it was before; it changed so many milliseconds ago, or now. */
  set(job: Job, idleMs = 0): void {
    const changedAt = this.#clocks.uptime() - idleMs;
    const accessedAt = Math.max(changedAt, this.#entries.get(job.id)?.accessedAt ?? changedAt);
    this.#entries.set(job.id, { job, accessedAt, changedAt });
  }

  /** Removes a job; what it was is given back. */
  delete(id: string): Job {
    const { job } = this.#find(id);
    this.#entries.delete(id);
    return job;
  }

  /** Ids of so many finished jobs, or as many as there are; those that ended first. */
  oldestFinished(count: number): string[] {
    // The wall clock tells only of those that ended before the start.
    return [...this.#entries.values()]
      .filter(({ job }) => isFinished(job.status))
      .sort((a, b) =>
        a.changedAt - b.changedAt || (a.job.finishedAt ?? 0) - (b.job.finishedAt ?? 0)
      )
      .slice(0, Math.max(0, count))
      .map(({ job }) => job.id);
  }

  /** Ids of the finished jobs that are meant. */
  finished(meant: FinishedJobs): string[] {
    return [...this.#entries.keys()].filter((id) => this.isAmong(id, meant));
  }

  /** Whether a job is there and among those that are meant; their age is by the wall clock, as people see it. */
  isAmong(id: string, { status, olderThanMs = 0 }: FinishedJobs): boolean {
    const job = this.#entries.get(id)?.job;
    if (job === undefined || !isFinished(job.status)) return false;
    // Somebody may have set the clock back meanwhile.
    const age = Math.max(0, this.#clocks.now() - (job.finishedAt ?? job.updatedAt));
    return (status === undefined || job.status === status) && age >= olderThanMs;
  }

  /** Ids of the jobs that nobody has looked at for long enough. */
  expired(limits: JobStoreLimits): string[] {
    return [...this.#entries.keys()].filter((id) => this.isExpired(id, limits));
  }

  /** Whether a job is there, and nobody has looked at it for long enough. */
  isExpired(
    id: string,
    { failedExpiryMs, completedExpiryMs, anyExpiryMs }: JobStoreLimits,
  ): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined) return false;
    const { job: { status }, accessedAt } = entry;
    const expiry = { failed: failedExpiryMs, completed: completedExpiryMs } as const;
    const own = status === "failed" || status === "completed" ? expiry[status] : anyExpiryMs;
    return this.#clocks.uptime() - accessedAt >= Math.min(own, anyExpiryMs);
  }

  /** How long nobody has looked at each job, in milliseconds. */
  idle(): [id: string, idleMs: number][] {
    const uptime = this.#clocks.uptime();
    return [...this.#entries].map(([id, { accessedAt }]) => [id, uptime - accessedAt]);
  }

  /** Figures about all jobs. */
  statistics(capacity: number): JobStatistics {
    return summarizeJobs(this.list(), { capacity, now: this.#clocks.now() });
  }

  /** Whether there is room, and whether jobs get on. */
  health(capacity: number): JobHealth {
    const uptime = this.#clocks.uptime();
    const jobs = [...this.#entries.values()]
      .map(({ job, changedAt }) => ({ job, unchangedMs: uptime - changedAt }));
    return assessJobs(jobs, capacity);
  }

  #find(id: string): Entry {
    const entry = this.#entries.get(id);
    // An id that comes from outside can be of any length.
    if (entry === undefined) throw new JobNotFoundError(`There is no job ${cutText(id, 64)}`);
    return entry;
  }
}
