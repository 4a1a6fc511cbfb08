/**
 * The shapes of the `/video` paths and of `WS /ws/jobs/:id`, shared by the server and the page.
 *
 * @module
 */

import type { PipelineResult } from "./protocol.ts";

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
  job_id: string;
  pipeline_id: string;
  status: JobStatus;
  progress: {
    current_step: number;
    total_steps: number;
    /** Between 0 and 100, with one decimal. */
    percent: number;
    description: string;
  };
  /** ISO 8601, like all times here. */
  created_at: string;
  updated_at: string;
  finished_at: string | null;
  /** `null` unless the job failed. */
  error: JobErrorCode | null;
  /** A sentence for people on the error. */
  detail: string | null;
  file_name: string;
  file_bytes: number;
  frame_stride: number;
  max_frames: number;
  video: {
    width: number;
    height: number;
    frame_count: number | null;
    duration_ms: number | null;
  } | null;
}

/** One page of results, as `GET /video/results/:id` gives it. */
export interface ResultsPage {
  job_id: string;
  /** Number of all results. */
  total: number;
  offset: number;
  limit: number;
  results: VideoFrameResult[];
}
