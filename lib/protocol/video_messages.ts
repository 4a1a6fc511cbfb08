/**
 * The shapes of the `/video` paths and of `WS /ws/jobs/:id`, shared by the server and the page.
 *
 * @module
 */

import type { PipelineResult } from "./stream_messages.ts";

/** Where a job stands. */
export type JobStatus = "pending" | "processing" | "completed" | "failed" | "cancelled";

/** Why a job failed. */
export type JobErrorCode = "decode_failed" | "pipeline_failure" | "internal_error";

/** What a pipeline found in one frame of a video, as stored and as sent. */
export interface VideoFrameResult {
  /** Counted from 0 in the file, whatever the stride. */
  frame_index: number;
  /** From the start of the file. */
  timestamp_ms: number;
  /** Coordinates are pixels of the video as shown. */
  result: PipelineResult;
}

/** A job as sent to clients. */
export interface JobView {
  /** A random UUID that the server chose. */
  job_id: string;
  /** The pipeline that looks at the frames. */
  pipeline_id: string;
  /** A retry leads from `failed` or `cancelled` back to `pending`. */
  status: JobStatus;
  /** Counts frames that are looked at; `total_steps` is 0 while their number is not known. */
  progress: {
    current_step: number;
    total_steps: number;
    /** Between 0 and 100, with one decimal. */
    percent: number;
    description: string;
  };
  /** ISO 8601, like all times here. */
  created_at: string;
  /** Last change of the job, its progress included. */
  updated_at: string;
  /** When it was completed, failed or cancelled; `null` otherwise, and again after a retry. */
  finished_at: string | null;
  /** `null` unless the job failed. */
  error: JobErrorCode | null;
  /** A sentence for people on the error. */
  detail: string | null;
  /** Name that the person's file had; only for showing. */
  file_name: string;
  /** Size of the file. */
  file_bytes: number;
  /** Every n-th frame is looked at; 1 for all. */
  frame_stride: number;
  /** Most frames that are looked at; 0 for all. */
  max_frames: number;
  /** Sizes are pixels as shown; `null` before the file was opened, like what it does not tell. */
  video: {
    width: number;
    height: number;
    frame_count: number | null;
    duration_ms: number | null;
  } | null;
}

/** One page of results, as `GET /video/results/:id` gives it. */
export interface ResultsPage {
  /** The job that found them. */
  job_id: string;
  /** Number of all results. */
  total: number;
  /** Results before this page. */
  offset: number;
  /** Most results of a page, as asked for; from 1 to 1000. */
  limit: number;
  /** In the order of the frames. */
  results: VideoFrameResult[];
}
