import type { Job } from "./job.ts";
import type { JobClaim, JobQueue } from "./job_queue.ts";
import type { JobStore } from "./job_store.ts";

/** The jobs of a store that nobody else runs: those first that were interrupted, then the oldest. */
export class LocalJobQueue implements JobQueue {
  readonly #store: JobStore;
  readonly #claimed = new Set<string>();
  #change = Promise.withResolvers<void>();

  /** Begins with none claimed. */
  constructor(store: JobStore) {
    this.#store = store;
    for (const event of ["created", "status"] as const) store.on(event, () => this.#changed());
  }

  /** The next job; waits until there is one. */
  async next(signal: AbortSignal): Promise<JobClaim | undefined> {
    const onAbort = () => this.#changed();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const job = this.#find();
        if (job !== undefined) return this.#claim(job);
        await this.#change.promise;
      }
      return undefined;
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
  }

  #find(): Job | undefined {
    const jobs = this.#store.list().filter(({ id }) => !this.#claimed.has(id));
    return jobs.find(({ status }) => status === "processing") ??
      jobs.find(({ status }) => status === "pending");
  }

  #claim(job: Job): JobClaim {
    this.#claimed.add(job.id);
    const release = () => {
      this.#claimed.delete(job.id);
      this.#changed();
      return Promise.resolve();
    };
    return { job, signal: new AbortController().signal, release };
  }

  #changed(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers();
  }
}
