/**
 * Changes many jobs at once.
 *
 * @module
 */

import type { JobChanges } from "./job_changes.ts";
import type { JobStore } from "./job_store.ts";

/** What became of the changes of several jobs. */
export interface UpdateOutcome {
  /** Number of jobs that were changed. */
  succeeded: number;
  /** The others, and why not. */
  failures: { id: string; error: Error }[];
}

/** Changes several jobs, each for itself: what fails with one does not keep the others from it. */
export async function updateJobs(
  store: JobStore,
  changes: Iterable<readonly [id: string, changes: JobChanges]>,
): Promise<UpdateOutcome> {
  const outcome: UpdateOutcome = { succeeded: 0, failures: [] };
  for (const [id, change] of changes) {
    try {
      await store.update(id, change);
      outcome.succeeded++;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      outcome.failures.push({ id, error });
    }
  }
  return outcome;
}
