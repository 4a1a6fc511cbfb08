/**
 * Tells others what happens to jobs.
 *
 * @module
 */

import { logEvent } from "../../telemetry/log.ts";
import type { Job } from "./job.ts";

/** What can happen to a job; `status` and `progress` tell of a change, `removed` of the end. */
export type JobEvent = "created" | "status" | "progress" | "removed";

/** Gets a copy of the job as it is after the event. What it returns is waited for at shutdown. */
export type JobCallback = (job: Job) => void | Promise<void>;

interface Subscription {
  callback: JobCallback;
  /** `undefined` for all jobs. */
  jobId: string | undefined;
}

/** Callbacks by event, kept apart from each other: one that fails is logged, and the next one is called. */
export class JobEvents {
  readonly #subscriptions = new Map<JobEvent, Set<Subscription>>();
  readonly #running = new Set<Promise<void>>();

  /**
   * Calls back at each event of a kind.
   *
   * @param jobId Only for those of one job, which costs the others nothing; for those of all jobs unless given
   * @returns A function that ends this
   */
  on(event: JobEvent, callback: JobCallback, jobId?: string): () => void {
    const subscriptions = this.#subscriptions.get(event) ?? new Set();
    this.#subscriptions.set(event, subscriptions);
    const subscription = { callback, jobId };
    subscriptions.add(subscription);
    return () => subscriptions.delete(subscription);
  }

  /** Calls all callbacks of an event. */
  emit(event: JobEvent, job: Job): void {
    for (const { callback, jobId } of [...this.#subscriptions.get(event) ?? []]) {
      if (jobId !== undefined && jobId !== job.id) continue;
      const running = this.#call(event, callback, structuredClone(job));
      this.#running.add(running);
      running.finally(() => this.#running.delete(running));
    }
  }

  /** Waits for the callbacks that are still at work. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #call(event: JobEvent, callback: JobCallback, job: Job): Promise<void> {
    try {
      await callback(job);
    } catch (error) {
      logEvent("error", "job_callback_failed", "A callback of a job event failed", {
        job_id: job.id,
        job_event: event,
        reason: error instanceof Error ? error.name : "unknown",
      });
    }
  }
}
