/**
 * Figures about the jobs in the store, for operators.
 *
 * @module
 */

import { type Job, JOB_STATUSES, type JobStatus } from "./job.ts";

/** Figures about all jobs, as sent to clients. */
export interface JobStatistics {
  /** Number of jobs. */
  total: number;
  /** Most jobs that the store holds. */
  capacity: number;
  /** Share of the capacity in use, 0 to 1. */
  utilisation: number;
  /** Number of jobs in each status, 0 where there is none. */
  by_status: Record<JobStatus, number>;
  /** Number of jobs by time since they were created. */
  ages: { under_1h: number; under_6h: number; under_24h: number; older: number };
  /** `null`, like the next two, when there are no jobs. */
  average_age_s: number | null;
  /** Seconds since the oldest job was created. */
  oldest_age_s: number | null;
  /** Seconds since the newest job was created. */
  newest_age_s: number | null;
}

/** Whether the store can take more jobs, and whether those it has get on; as sent to clients. */
export interface JobHealth {
  /** `healthy` under 70 % of capacity, `warning` under 90 %, else `critical`. */
  status: "healthy" | "warning" | "critical";
  /** Share of the capacity in use; 1 when the store is full. */
  utilisation: number;
  /** Ids of jobs that are being processed and have not got on for 30 minutes. */
  stuck: string[];
}

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
