/**
 * What a server says about its health.
 *
 * @module
 */

import * as v from "valibot";
import { ClusterHealthSchema } from "./cluster.ts";
import { DeviceInUseSchema } from "./device.ts";
import { JobStatusSchema } from "./job.ts";
import { count, duration, share, text, time, uuid } from "./values.ts";

/** Schema of {@linkcode JobStatistics}. */
export const JobStatisticsSchema = v.object({
  /** Number of jobs. */
  total: count,
  /** Most jobs that the store holds. */
  capacity: count,
  /** Share of the capacity in use. */
  utilisation: share,
  /** Number of jobs in each status. */
  by_status: v.object(v.entriesFromList(JobStatusSchema.options, count)),
  /** Number of jobs by time since they were created. */
  ages: v.object({ under_1h: count, under_6h: count, under_24h: count, older: count }),
  /** `null`, like the next two, when there are no jobs. */
  average_age_s: v.nullable(duration),
  /** Since the oldest job was created. */
  oldest_age_s: v.nullable(duration),
  /** Since the newest job was created. */
  newest_age_s: v.nullable(duration),
});

/** Figures about all jobs. */
export type JobStatistics = v.InferOutput<typeof JobStatisticsSchema>;

/** Schema of {@linkcode JobHealth}. */
export const JobHealthSchema = v.object({
  /** `healthy` under 70 % of the capacity, `warning` under 90 %, else `critical`. */
  status: v.picklist(["healthy", "warning", "critical"]),
  /** Share of the capacity in use; 1 when the store is full. */
  utilisation: share,
  /** Ids of jobs that are being processed and have made no progress for 30 minutes. */
  stuck: v.array(uuid),
});

/** Whether the store can take more jobs, and whether those that it has make progress. */
export type JobHealth = v.InferOutput<typeof JobHealthSchema>;

/** Schema of {@linkcode JobsSummary}. */
export const JobsSummarySchema = v.object({
  ...JobHealthSchema.entries,
  ...JobStatisticsSchema.entries,
});

/** Figures and health of the video jobs. */
export type JobsSummary = v.InferOutput<typeof JobsSummarySchema>;

/** Schema of {@linkcode Health}. */
export const HealthSchema = v.object({
  /** `degraded` while a worker is being replaced or something is wrong with the cluster, `unhealthy` when no worker is alive. */
  status: v.picklist(["healthy", "degraded", "unhealthy"]),
  /** Version of livesyte. */
  version: text,
  /** Since the server began to start. */
  uptime_s: count,
  /** How many streams there are. */
  sessions: v.object({
    /** Streams that are open now. */
    active: count,
    /** `null` where there is no limit. */
    max: v.nullable(count),
  }),
  /** Ids of the pipelines. */
  pipelines: v.array(text),
  /** The workers of this machine that find objects. */
  workers: v.array(v.object({
    /** Whether it answers. */
    alive: v.boolean(),
    /** When it last answered; `null` before the first time. */
    last_heartbeat: v.nullable(time),
  })),
  /** What they run on; `null` until that is decided, while the server starts. */
  device: v.nullable(DeviceInUseSchema),
  /** Figures and health of the video jobs. */
  jobs: JobsSummarySchema,
  /** The machines that are one service; `null` for one by itself. */
  cluster: v.nullable(ClusterHealthSchema),
});

/** The answer of `GET /health`. */
export type Health = v.InferOutput<typeof HealthSchema>;

/** Schema of {@linkcode Ready}. */
export const ReadySchema = v.object({
  /** If the server is not ready, the answer is an error. */
  status: v.literal("ready"),
});

/** The answer of `GET /ready` when an inference on a known image has found what is in it. */
export type Ready = v.InferOutput<typeof ReadySchema>;
