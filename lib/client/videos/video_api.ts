/** Talks to the `/video` paths. */

import * as v from "valibot";
import type { Explanation } from "../explanation.ts";
import type { ClearChoice } from "./clear_choices.ts";
import { serverUrl } from "../server_url.ts";
import { explainMissingToken } from "../token.ts";
import { ErrorAnswerSchema } from "../../protocol/error.ts";
import {
  ClearedSchema,
  JobListSchema,
  type JobView,
  JobViewSchema,
  SubmittedSchema,
} from "../../protocol/job.ts";
import { type ResultsPage, ResultsPageSchema } from "../../protocol/video_results.ts";

/** Thrown when the server refuses what was asked for; the explanation is for the person. */
export class VideoApiError extends Error {
  /** `VideoApiError`, where it would be `Error` otherwise. */
  override readonly name = "VideoApiError";
  /** The word of the server's answer; `unreachable`, `aborted` or `invalid_answer` where there was none. */
  readonly code: string;
  /** What to tell the person: words for the code, else the server's sentence if there is one. */
  readonly explanation: Explanation;

  /**
   * Makes an error with the words for its code.
   *
   * @param code Of the server's answer, or `unreachable`, `aborted` or `invalid_answer`.
   * @param detail The server's own sentence; may be empty.
   */
  constructor(code: string, detail: string) {
    super(`Cannot do what was asked: ${code}`);
    this.code = code;
    this.explanation = code === "unauthorized" ? explainMissingToken() : EXPLANATIONS[code] ??
      { title: detail === "" ? "The server refused" : detail, remedy: REMEDIES[code] ?? "" };
  }
}

/** What to do where the server's own sentence says what is wrong. */
const REMEDIES: Readonly<Record<string, string>> = {
  invalid_video: "Choose a complete MP4, MOV, WebM, MKV or AVI file.",
};

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  unreachable: {
    title: "The server cannot be reached",
    remedy: "Check that it is running and that this device is online.",
  },
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
  invalid_answer: {
    title: "The page did not understand the server",
    remedy: "Reload the page: it may be older than the server.",
  },
};

/**
 * The address of something on the server.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 */
export function apiUrl(page: string, path: string, query: Record<string, string> = {}): string {
  const url = serverUrl(path, page);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url.href;
}

/** The address at which a job tells how it gets on. */
export function jobSocketUrl(page: string, jobId: string): string {
  return apiUrl(page, `/ws/jobs/${jobId}`).replace(/^http/, "ws");
}

/** Asks for all jobs, oldest first. @throws {VideoApiError} If that fails. */
export async function fetchJobs(page: string): Promise<JobView[]> {
  return read(JobListSchema, await request(apiUrl(page, "/video/jobs"))).jobs;
}

/** Asks for some results of a completed job. @throws {VideoApiError} If that fails. */
export async function fetchResults(
  page: string,
  jobId: string,
  { offset, limit }: { offset: number; limit: number },
): Promise<ResultsPage> {
  const query = { offset: String(offset), limit: String(limit) };
  const url = apiUrl(page, `/video/results/${jobId}`, query);
  return read(ResultsPageSchema, await request(url));
}

/** Cancels a job, or lets it go on. @throws {VideoApiError} If that fails. */
export async function changeJob(
  page: string,
  jobId: string,
  change: "cancel" | "retry",
): Promise<JobView> {
  const url = apiUrl(page, `/video/${change}/${jobId}`);
  return read(JobViewSchema, await request(url, { method: "POST" }));
}

/** Deletes a job with all that belongs to it. @throws {VideoApiError} If that fails. */
export async function deleteJob(page: string, jobId: string): Promise<void> {
  await request(apiUrl(page, `/video/${jobId}`), { method: "DELETE" });
}

/** Removes many finished jobs. @returns Number of jobs removed. @throws {VideoApiError} If that fails. */
export async function clearJobs(
  page: string,
  { status, olderThanHours }: ClearChoice,
): Promise<number> {
  const query = { status, older_than_h: String(olderThanHours) };
  const answer = await request(apiUrl(page, "/video/jobs", query), { method: "DELETE" });
  return read(ClearedSchema, answer).removed;
}

async function request(url: string, init?: RequestInit): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, init);
  } catch {
    throw new VideoApiError("unreachable", "");
  }
  if (response.status === 204) return undefined;
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw toError(answer);
  return answer;
}

function toError(answer: unknown): VideoApiError {
  return v.is(ErrorAnswerSchema, answer)
    ? new VideoApiError(answer.error, answer.detail)
    : new VideoApiError("internal_error", "");
}

/** The answer of the server, if it is as the schema says. */
function read<const Schema extends v.GenericSchema>(
  schema: Schema,
  answer: unknown,
): v.InferInput<Schema> {
  if (!v.is(schema, answer)) throw new VideoApiError("invalid_answer", "");
  return answer;
}

/** Options for {@linkcode uploadVideo}. */
export interface UploadOptions {
  /** The pipeline that is to look at the video. */
  pipelineId: string;
  /** Every n-th frame is looked at; 1 for all. */
  frameStride: number;
  /** Called with the bytes of the file that are sent. */
  onProgress: (sent: number) => void;
  /** Ends the upload, which then fails with the code `aborted`. */
  signal: AbortSignal;
}

/**
 * Sends a video.
 *
 * @returns The id of its job.
 * @throws {VideoApiError} If the server refuses it, or the connection breaks.
 */
export function uploadVideo(
  page: string,
  file: File,
  { pipelineId, frameStride, onProgress, signal }: UploadOptions,
): Promise<string> {
  // Fetch cannot tell how much has been sent.
  const request = new XMLHttpRequest();
  const answered = new Promise<string>((resolve, reject) => {
    request.onload = () => {
      const answer: unknown = request.response;
      if (request.status !== 202) reject(toError(answer));
      else if (v.is(SubmittedSchema, answer)) resolve(answer.job_id);
      else reject(new VideoApiError("invalid_answer", ""));
    };
    request.onerror = () => reject(new VideoApiError("unreachable", ""));
    request.onabort = () => reject(new VideoApiError("aborted", "Cancelled"));
  });
  request.responseType = "json";
  request.upload.onprogress = ({ loaded, total }) =>
    onProgress(total > 0 ? Math.round(file.size * loaded / total) : 0);
  signal.addEventListener("abort", () => request.abort());
  const query = { pipeline_id: pipelineId, frame_stride: String(frameStride) };
  request.open("POST", apiUrl(page, "/video/submit", query));
  const form = new FormData();
  form.set("file", file);
  request.send(form);
  return answered;
}
