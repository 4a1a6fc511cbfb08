/** Talks to the `/video` paths. */

import * as v from "valibot";
import type { Explanation } from "../explanation.ts";
import type { ClearChoice } from "./clear_choices.ts";
import { ApiError, apiUrl, explainApiError, read, request, toApiError } from "../server_api.ts";
import {
  ClearedSchema,
  JobListSchema,
  type JobView,
  JobViewSchema,
  SubmittedSchema,
} from "../../protocol/job.ts";
import { type VideoEvent, VideoEventsSchema } from "../../protocol/video_events.ts";
import { type ResultsPage, ResultsPageSchema } from "../../protocol/video_results.ts";

/** What to tell the person, by the code of an answer of the `/video` paths. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  payload_too_large: {
    title: "The video is too large for the server",
    remedy: "Choose a shorter one. Whoever runs the server can raise VIDEO_MAX_UPLOAD_MB.",
  },
  too_many_jobs: {
    title: "The server has no room for another video",
    remedy: "Wait until one is finished, or delete one.",
  },
  storage_full: {
    title: "The disk of the server is full",
    remedy: "Delete videos that are no longer needed, then try again.",
  },
  invalid_upload: {
    title: "The upload broke off",
    remedy: "Check the connection, then try again.",
  },
  job_not_found: {
    title: "This video is no longer there",
    remedy: "It was deleted or has expired.",
  },
};

/** What the person can do, by the code of an answer. */
const REMEDIES: Readonly<Record<string, string>> = {
  invalid_video: "Choose a complete MP4, MOV, WebM, MKV or AVI file.",
  invalid_rules: "Choose other rules, then the video again.",
};

/** What to tell the person about something that was thrown here. */
export function explainVideoError(error: unknown): Explanation {
  const explanation = explainApiError(error, EXPLANATIONS);
  // The server's own sentence says what is wrong.
  const remedy = error instanceof ApiError ? REMEDIES[error.code] : undefined;
  return remedy === undefined ? explanation : { ...explanation, remedy };
}

/** The address at which a job tells how it gets on. */
export function jobSocketUrl(page: string, jobId: string): string {
  return apiUrl(page, `/ws/jobs/${jobId}`).replace(/^http/, "ws");
}

/** Asks for all jobs, oldest first. @throws {ApiError} If that fails. */
export async function fetchJobs(page: string): Promise<JobView[]> {
  return read(JobListSchema, await request(apiUrl(page, "/video/jobs"))).jobs;
}

/** Asks for some results of a completed job. @throws {ApiError} If that fails. */
export async function fetchResults(
  page: string,
  jobId: string,
  { offset, limit }: { offset: number; limit: number },
): Promise<ResultsPage> {
  const query = { offset: String(offset), limit: String(limit) };
  const url = apiUrl(page, `/video/results/${jobId}`, query);
  return read(ResultsPageSchema, await request(url));
}

/** Asks for what the rules of a completed job have noticed. @throws {ApiError} If that fails. */
export async function fetchEvents(page: string, jobId: string): Promise<VideoEvent[]> {
  return read(VideoEventsSchema, await request(apiUrl(page, `/video/events/${jobId}`))).events;
}

/** Cancels a job, or lets it go on. @throws {ApiError} If that fails. */
export async function changeJob(
  page: string,
  jobId: string,
  change: "cancel" | "retry",
): Promise<JobView> {
  const url = apiUrl(page, `/video/${change}/${jobId}`);
  return read(JobViewSchema, await request(url, { method: "POST" }));
}

/** Deletes a job with all that belongs to it. @throws {ApiError} If that fails. */
export async function deleteJob(page: string, jobId: string): Promise<void> {
  await request(apiUrl(page, `/video/${jobId}`), { method: "DELETE" });
}

/** Removes many finished jobs. @returns Number of jobs removed. @throws {ApiError} If that fails. */
export async function clearJobs(
  page: string,
  { status, olderThanHours }: ClearChoice,
): Promise<number> {
  const query = { status, older_than_h: String(olderThanHours) };
  const answer = await request(apiUrl(page, "/video/jobs", query), { method: "DELETE" });
  return read(ClearedSchema, answer).removed;
}

/** Options for {@linkcode uploadVideo}. */
export interface UploadOptions {
  /** The pipeline that is to look at the video. */
  pipelineId: string;
  /** Every n-th frame is looked at; 1 for all. */
  frameStride: number;
  /** A list of rules as JSON, or the name of a set; empty for none. */
  rules: string;
  /** Called with the bytes of the file that are sent. */
  onProgress: (sent: number) => void;
  /** Ends the upload, which then fails with the code `aborted`. */
  signal: AbortSignal;
}

/**
 * Sends a video.
 *
 * @returns The id of its job.
 * @throws {ApiError} If the server refuses it, or the connection breaks.
 */
export function uploadVideo(
  page: string,
  file: File,
  { pipelineId, frameStride, rules, onProgress, signal }: UploadOptions,
): Promise<string> {
  // Fetch cannot tell how much has been sent.
  const request = new XMLHttpRequest();
  const answered = new Promise<string>((resolve, reject) => {
    request.onload = () => {
      const answer: unknown = request.response;
      if (request.status !== 202) reject(toApiError(answer));
      else if (v.is(SubmittedSchema, answer)) resolve(answer.job_id);
      else reject(new ApiError("invalid_answer"));
    };
    request.onerror = () => reject(new ApiError("unreachable"));
    request.onabort = () => reject(new ApiError("aborted"));
  });
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) =>
    onProgress(total > 0 ? Math.round(file.size * loaded / total) : 0);
  signal.addEventListener("abort", () => request.abort());
  const query = { pipeline_id: pipelineId, frame_stride: String(frameStride) };
  request.open("POST", apiUrl(page, "/video/submit", query));
  const form = new FormData();
  // Before the video, so that the server can refuse them before it has all of it.
  if (rules !== "") form.set("rules", rules);
  form.set("file", file);
  request.send(form);
  return answered;
}
