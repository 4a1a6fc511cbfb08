/**
 * The shapes of a video job, and how its status may change.
 *
 * @module
 */

import {
  type JobErrorCode,
  type JobStatus,
  JobStatusSchema,
  type JobView,
} from "../../protocol/job.ts";
import type { Rule } from "../../protocol/rule.ts";

export type { JobErrorCode, JobStatus, JobView } from "../../protocol/job.ts";
export type { VideoFrameResult } from "../../protocol/video_results.ts";

/** Every status, in the order in which a job usually passes through them. */
export const JOB_STATUSES: readonly JobStatus[] = JobStatusSchema.options;

/** Whether a text can be the id of a job: a UUID, in small letters. */
export function isJobId(text: unknown): text is string {
  return typeof text === "string" && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

/** The failure of a job. */
export interface JobError {
  /** Why it failed, for programs. */
  code: JobErrorCode;
  /** A sentence for people. */
  detail: string;
}

/** How far a job is. */
export interface JobProgress {
  /** Frames done. */
  currentStep: number;
  /** Frames to do, as far as the file tells; 0 while that is unknown. */
  totalSteps: number;
  /** A few words for people, such as `Processing frames`. */
  description: string;
}

/** What the decoder says of a video. */
export interface VideoInfo {
  /** Width in pixels as shown, after rotation. */
  width: number;
  /** Height in pixels as shown, after rotation. */
  height: number;
  /** Frames in the file, as far as it tells; `null` when it does not. */
  frameCount: number | null;
  /** `null` when the file does not tell. */
  durationMs: number | null;
}

/** One video on its way through a pipeline. Times are milliseconds since the epoch. */
export interface Job {
  /** UUID, under which its files are kept too. */
  id: string;
  /** The pipeline that its frames run through. */
  pipelineId: string;
  /** Where the job stands. */
  status: JobStatus;
  /** How far it is. */
  progress: JobProgress;
  /** When it was added. */
  createdAt: number;
  /** Last change of the job. */
  updatedAt: number;
  /** When it was first taken up, whatever was retried since; `null` before. */
  startedAt: number | null;
  /** When it completed, failed or was cancelled; `null` while it has not. */
  finishedAt: number | null;
  /** `null` unless it failed. */
  error: JobError | null;
  /** Name that the person's file had; only for showing. */
  fileName: string;
  /** Size of the uploaded file in bytes. */
  fileBytes: number;
  /** Every n-th frame is processed; 1 for all. */
  frameStride: number;
  /** Most frames to process; 0 for all. */
  maxFrames: number;
  /** What is to be noticed in it. */
  rules: readonly Rule[];
  /** `null` until the file has been opened. */
  video: VideoInfo | null;
}

/** What a new job is made of. */
export interface NewJob {
  /** The pipeline that its frames are to run through. */
  pipelineId: string;
  /** Name that the person's file had; only for showing. */
  fileName: string;
  /** Size of the uploaded file in bytes. */
  fileBytes: number;
  /**
   * Every n-th frame is processed; 1 for all.
   *
   * @default {1}
   */
  frameStride?: number;
  /**
   * Most frames to process; 0 for all.
   *
   * @default {0}
   */
  maxFrames?: number;
  /**
   * What is to be noticed in it.
   *
   * @default {[]}
   */
  rules?: readonly Rule[];
}

/** A job that waits to be processed; `now` is milliseconds since the epoch. */
export function makeJob(
  id: string,
  { frameStride = 1, maxFrames = 0, rules = [], ...file }: NewJob,
  now: number,
): Job {
  return {
    id,
    status: "pending",
    progress: { currentStep: 0, totalSteps: 0, description: "Waiting" },
    createdAt: now,
    updatedAt: now,
    startedAt: null,
    finishedAt: null,
    error: null,
    frameStride,
    maxFrames,
    rules,
    video: null,
    ...file,
  };
}

const TRANSITIONS: Readonly<Record<JobStatus, readonly JobStatus[]>> = {
  pending: ["processing", "failed", "cancelled"],
  processing: ["completed", "failed", "cancelled"],
  completed: [],
  failed: ["pending"],
  cancelled: ["pending"],
};

/** Whether a job may go from one status to another; a retry leads from `failed` or `cancelled` back to `pending`. */
export function canChangeStatus(from: JobStatus, to: JobStatus): boolean {
  return TRANSITIONS[from].includes(to);
}

/** A status in which nothing more happens, unless somebody retries. */
export type FinishedStatus = "completed" | "failed" | "cancelled";

/** All of them. */
export const FINISHED_STATUSES: readonly FinishedStatus[] = ["completed", "failed", "cancelled"];

/** Whether nothing more happens in this status, unless somebody retries. */
export function isFinished(status: JobStatus): status is FinishedStatus {
  return FINISHED_STATUSES.some((finished) => finished === status);
}

/** Share of the job that is done, between 0 and 100 with one decimal; 100 only for a completed job. */
export function jobPercent({ status, progress }: Pick<Job, "status" | "progress">): number {
  if (status === "completed") return 100;
  const { currentStep, totalSteps } = progress;
  if (totalSteps === 0) return 0;
  // A file may hold more frames than it says, and the last result is stored before the job is completed.
  return Math.min(99.9, Math.floor((currentStep / totalSteps) * 1000) / 10);
}

/** The job as sent to clients. */
export function toJobView(job: Job): JobView {
  const { progress, video } = job;
  return {
    job_id: job.id,
    pipeline_id: job.pipelineId,
    status: job.status,
    progress: {
      current_step: progress.currentStep,
      total_steps: progress.totalSteps,
      percent: jobPercent(job),
      description: progress.description,
    },
    created_at: new Date(job.createdAt).toISOString(),
    updated_at: new Date(job.updatedAt).toISOString(),
    finished_at: job.finishedAt === null ? null : new Date(job.finishedAt).toISOString(),
    error: job.error?.code ?? null,
    detail: job.error?.detail ?? null,
    file_name: job.fileName,
    file_bytes: job.fileBytes,
    frame_stride: job.frameStride,
    max_frames: job.maxFrames,
    rules: job.rules.length,
    video: video === null ? null : {
      width: video.width,
      height: video.height,
      frame_count: video.frameCount,
      duration_ms: video.durationMs,
    },
  };
}
