/** Which videos a person wants to be rid of, and how many those are. */

import type { JobStatus, JobView } from "../../protocol/job.ts";

/** A kind of finished jobs. */
export type ClearStatus = Extract<JobStatus, "completed" | "failed" | "cancelled"> | "all";

/** Which finished jobs are meant. */
export interface ClearChoice {
  /** Of one status, or of all in which jobs are finished. */
  status: ClearStatus;
  /** Those that ended at least so many hours ago; 0 for all. */
  olderThanHours: number;
}

/** The statuses to choose from, with words for them; that which is least missed comes first. */
export const CLEAR_STATUSES: readonly { status: ClearStatus; name: string }[] = [
  { status: "failed", name: "Failed" },
  { status: "cancelled", name: "Cancelled" },
  { status: "completed", name: "Completed" },
  { status: "all", name: "All of these" },
];

/** The ages to choose from, with words for them. */
export const CLEAR_AGES: readonly { hours: number; name: string }[] = [
  { hours: 0, name: "Whenever they ended" },
  { hours: 1, name: "Ended over 1 hour ago" },
  { hours: 6, name: "Ended over 6 hours ago" },
  { hours: 24, name: "Ended over 24 hours ago" },
];

const HOUR_MS = 3_600_000;

/**
 * Number of jobs that are meant, as far as this page knows.
 *
 * @param now Milliseconds since the epoch.
 */
export function countMeant(
  jobs: readonly JobView[],
  { status, olderThanHours }: ClearChoice,
  now: number,
): number {
  return jobs.filter((job) => {
    if (job.finished_at === null || (status !== "all" && job.status !== status)) return false;
    return Math.max(0, now - Date.parse(job.finished_at)) >= olderThanHours * HOUR_MS;
  }).length;
}

/** What is chosen at first: the first kind of which there is any. */
export function firstStatus(jobs: readonly JobView[]): ClearStatus {
  const found = CLEAR_STATUSES.find(({ status }) => jobs.some((job) => job.status === status));
  return found?.status ?? "all";
}

/** `1 video`, or `3 videos`. */
export function countVideos(count: number): string {
  return count === 1 ? "1 video" : `${count} videos`;
}
