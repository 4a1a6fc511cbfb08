/**
 * Figures about the jobs in the store, for operators.
 *
 * @module
 */

import type { JobHealth, JobStatistics } from "../../protocol/health.ts";
import { type Job, JOB_STATUSES, type JobStatus } from "./job.ts";

const HOUR_MS = 3_600_000;
const STUCK_MS = HOUR_MS / 2;
const WARNING_UTILISATION = 0.7;
const CRITICAL_UTILISATION = 0.9;

/** Figures about jobs at a time `now`, in milliseconds since the epoch. */
export function summarizeJobs(
  jobs: readonly Job[],
  { capacity, now }: { capacity: number; now: number },
): JobStatistics {
  const ages = jobs.map(({ createdAt }) => Math.max(0, now - createdAt)).sort((a, b) => a - b);
  const younger = (hours: number) => ages.filter((age) => age < hours * HOUR_MS).length;
  const counts = JOB_STATUSES.map((status) =>
    [status, jobs.filter((job) => job.status === status).length] as const
  );
  const sum = ages.reduce((total, age) => total + age, 0);
  return {
    total: jobs.length,
    capacity,
    utilisation: jobs.length / capacity,
    by_status: Object.fromEntries(counts) as Record<JobStatus, number>,
    ages: {
      under_1h: younger(1),
      under_6h: younger(6) - younger(1),
      under_24h: younger(24) - younger(6),
      older: ages.length - younger(24),
    },
    average_age_s: seconds(ages.length === 0 ? undefined : sum / ages.length),
    oldest_age_s: seconds(ages.at(-1)),
    newest_age_s: seconds(ages[0]),
  };
}

/** The health of the store, from its jobs and how many milliseconds ago each of them last changed. */
export function assessJobs(
  jobs: readonly { job: Job; unchangedMs: number }[],
  capacity: number,
): JobHealth {
  const utilisation = jobs.length / capacity;
  const stuck = jobs.filter(({ job, unchangedMs }) =>
    job.status === "processing" && unchangedMs >= STUCK_MS
  );
  return {
    status: utilisation < WARNING_UTILISATION
      ? "healthy"
      : utilisation < CRITICAL_UTILISATION
      ? "warning"
      : "critical",
    utilisation,
    stuck: stuck.map(({ job }) => job.id),
  };
}

function seconds(milliseconds: number | undefined): number | null {
  return milliseconds === undefined ? null : Math.round(milliseconds / 1000);
}
