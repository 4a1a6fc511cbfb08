/**
 * A video job as sent to clients.
 *
 * @module
 */

import * as v from "valibot";
import { count, duration, text, time, uuid } from "./values.ts";

/** Schema of {@linkcode JobStatus}; its options are in the order in which a job usually passes through them. */
export const JobStatusSchema = v.picklist([
  "pending",
  "processing",
  "completed",
  "failed",
  "cancelled",
]);

/** Where a job stands. */
export type JobStatus = v.InferOutput<typeof JobStatusSchema>;

/** Schema of {@linkcode JobErrorCode}. */
export const JobErrorCodeSchema = v.picklist([
  "decode_failed",
  "pipeline_failure",
  "internal_error",
  // What was stored of the job could not be read any more.
  "job_damaged",
]);

/** Why a job failed. */
export type JobErrorCode = v.InferOutput<typeof JobErrorCodeSchema>;

/** Schema of {@linkcode JobView}. */
export const JobViewSchema = v.object({
  /** Chosen by the server. */
  job_id: uuid,
  /** The pipeline that processes the frames. */
  pipeline_id: text,
  /** A retry takes it from `failed` or `cancelled` back to `pending`. */
  status: JobStatusSchema,
  /** Progress, counted in frames that are processed. */
  progress: v.object({
    /** Frames done. */
    current_step: count,
    /** Frames to do; 0 while their number is not known. */
    total_steps: count,
    /** With one decimal; 100 for a completed job only. */
    percent: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
    /** A few words for people, such as `Processing frames`. */
    description: text,
  }),
  /** When it was submitted. */
  created_at: time,
  /** Last change of the job, its progress included. */
  updated_at: time,
  /** When it was completed, failed or cancelled; `null` otherwise, and again after a retry. */
  finished_at: v.nullable(time),
  /** `null` unless the job failed. */
  error: v.nullable(JobErrorCodeSchema),
  /** A sentence for people about the error; `null` unless the job failed. */
  detail: v.nullable(text),
  /** Name of the file as uploaded; for display only. */
  file_name: text,
  /** Size of the file. */
  file_bytes: count,
  /** Every n-th frame is processed; 1 for all. */
  frame_stride: count,
  /** Most frames that are processed; 0 for all. */
  max_frames: count,
  /** How many rules look at it; see `GET /video/events/:id`. */
  rules: count,
  /** What the file says about itself; `null` before it was opened. */
  video: v.nullable(v.object({
    /** In pixels as shown, after rotation. */
    width: count,
    /** In pixels as shown, after rotation. */
    height: count,
    /** Frames in the file; `null` if the file does not say. */
    frame_count: v.nullable(count),
    /** `null` if the file does not say. */
    duration_ms: v.nullable(duration),
  })),
});

/** A video job. */
export type JobView = v.InferOutput<typeof JobViewSchema>;

/** Schema of {@linkcode JobList}. */
export const JobListSchema = v.object({
  /** Oldest first. */
  jobs: v.array(JobViewSchema),
});

/** The answer of `GET /video/jobs`. */
export type JobList = v.InferOutput<typeof JobListSchema>;

/** Schema of {@linkcode Cleared}. */
export const ClearedSchema = v.object({
  /** Number of jobs removed. */
  removed: count,
  /** Number of jobs left. */
  left: count,
});

/** The answer of `DELETE /video/jobs`. */
export type Cleared = v.InferOutput<typeof ClearedSchema>;

/** Schema of {@linkcode Submitted}. */
export const SubmittedSchema = v.object({
  /** Id of the new job. */
  job_id: uuid,
});

/** The answer of `POST /video/submit`. */
export type Submitted = v.InferOutput<typeof SubmittedSchema>;
