/**
 * The paths of the HTTP interface and what they take and answer; tests compare them with `routes/`.
 *
 * @module
 */

import type { Close, Schema } from "../reference/open_api_document.ts";
import { type QueryName, reference, type SchemaName } from "./openapi_schemas.ts";

/** Such as `text/html`. */
export type MediaType = `${string}/${string}`;

/** What goes over a WebSocket. */
export interface Messages {
  /** What the client sends, in a sentence. */
  sends: string;
  /** Name of the schema of what the client may send as text. */
  clientSchema?: SchemaName;
  /** What the server sends beside JSON, in a sentence; empty for nothing. */
  receives: string;
  /** Name of the schema of what the server sends as text. */
  schema: SchemaName;
  /** Why the server closes it. */
  closes: readonly Close[];
}

/** One method of one path. */
export interface Operation {
  /** With `{id}` for the id in it. */
  path: string;
  /** In small letters, as OpenAPI has it. */
  method: "get" | "post" | "patch" | "delete";
  /** What it is for, without a full stop. */
  summary: string;
  /** More about it, in sentences; paragraphs with an empty line between them, code in backticks. */
  description?: string;
  /** Whether clients have to present the token where one is set. */
  guarded?: boolean;
  /**
   * What the id in the path is; `string` for any text.
   *
   * @default {"uuid"}
   */
  id?: "string" | "uuid";
  /** Query parameters. */
  query?: QueryName;
  /** Media types of the body, and what each holds; an empty schema for the bytes of a file. */
  body?: Readonly<Record<string, Schema>>;
  /** What goes over a WebSocket. */
  messages?: Messages;
  /** Name of a schema, a media type, or `undefined` for no content. */
  answer: SchemaName | MediaType | undefined;
  /** Media types that it can be asked for instead. */
  otherAnswers?: readonly MediaType[];
  /**
   * Of the answer.
   *
   * @default {200}
   */
  status?: number;
  /** Statuses of errors, beside those that many paths have. */
  errors?: readonly number[];
}

const FILE: Schema = {
  type: "string",
  format: "binary",
  description: "The bytes of the file.",
};
const FORM: Schema = { type: "object", properties: { file: FILE }, required: ["file"] };
const VIDEO_FORM: Schema = {
  type: "object",
  properties: {
    file: FILE,
    rules: {
      type: "string",
      description: "The rules to look with: a list as JSON, or a set of `RULES_FILE`.",
    },
  },
  required: ["file"],
};
const IMAGES = {
  "image/jpeg": {},
  "image/png": {},
  "image/webp": {},
  "application/octet-stream": {},
  "multipart/form-data": FORM,
};
const JOB_ERRORS = [404, 503];

/** All but those of cameras, events and WebSockets, in the order in which they are shown. */
export const OPERATIONS: readonly Operation[] = [
  { path: "/", method: "get", summary: "The live page", answer: "text/html" },
  { path: "/videos", method: "get", summary: "The page for video files", answer: "text/html" },
  { path: "/cameras", method: "get", summary: "The page for cameras", answer: "text/html" },
  { path: "/events", method: "get", summary: "The page for events", answer: "text/html" },
  { path: "/watch", method: "get", summary: "The page for viewers", answer: "text/html" },
  { path: "/docs", method: "get", summary: "This interface, for people", answer: "text/html" },
  {
    path: "/health",
    method: "get",
    summary: "Health of the server; 503 if no worker is alive",
    answer: "Health",
    errors: [503],
  },
  {
    path: "/ready",
    method: "get",
    summary: "200 if an inference on a known image has found what is in it, at most 5 s ago",
    answer: "Ready",
    errors: [503],
  },
  { path: "/metrics", method: "get", summary: "Metrics for Prometheus", answer: "text/plain" },
  {
    path: "/openapi.json",
    method: "get",
    summary: "This interface, as OpenAPI",
    answer: "application/json",
  },
  {
    path: "/models",
    method: "get",
    summary: "All models: those in use, those that are there, and those that can be fetched",
    answer: "ModelList",
  },
  { path: "/pipelines", method: "get", summary: "All pipelines", answer: "PipelineList" },
  {
    path: "/pipelines/steps",
    method: "get",
    summary: "The steps that pipelines can be made of, with their parameters",
    answer: "StepList",
  },
  {
    path: "/pipelines/{id}",
    id: "string",
    method: "get",
    summary: "One pipeline: its steps and its models",
    answer: "Pipeline",
    errors: [404],
  },
  {
    path: "/pipelines/validate",
    method: "post",
    summary: "Whether a definition could run, and what is wrong with it",
    guarded: true,
    body: { "application/json": reference("PipelineDefinition") },
    answer: "Validation",
    errors: [400, 413, 503],
  },
  {
    path: "/pipelines/{id}/run",
    id: "string",
    method: "post",
    summary: "Runs a pipeline on one image",
    description:
      "The image is the body, or the part named `file` of a form. It is first turned upright by its EXIF orientation; " +
      "coordinates are pixels of the upright image.\n\n" +
      "Single images give way to the frames of streams. If 32 of them wait, one more is refused with 503 and a " +
      "`Retry-After`, in seconds.",
    guarded: true,
    body: IMAGES,
    answer: "Run",
    errors: [400, 404, 413, 415, 422, 503],
  },
  {
    path: "/sessions",
    method: "get",
    summary: "The streams that are open now, of all machines of a cluster",
    guarded: true,
    answer: "SessionList",
  },
  {
    path: "/sessions/{id}",
    method: "get",
    summary: "One stream that is open now",
    guarded: true,
    answer: "Session",
    errors: [404],
  },
  {
    path: "/sessions/{id}/snapshot.jpg",
    method: "get",
    summary:
      "A small image of what a stream shows, at most 320×320 pixels; 503 if it gives no frame within 5 s",
    guarded: true,
    answer: "image/jpeg",
    errors: [404, 503],
  },
  {
    path: "/video/submit",
    method: "post",
    summary: "Takes a video file and creates a job",
    description:
      "The body is a form with the video in its part named `file`: MP4, MOV, WebM, MKV, AVI or MPEG-TS. Its first " +
      "frame is decoded before the answer is sent; a file that is no video is refused with 400 and creates no job.",
    guarded: true,
    query: "SubmitQuery",
    body: { "multipart/form-data": VIDEO_FORM },
    answer: "Submitted",
    status: 202,
    errors: [400, 413, 503],
  },
  {
    path: "/video/jobs",
    method: "get",
    summary: "The jobs, oldest first",
    guarded: true,
    query: "JobsQuery",
    answer: "JobList",
    errors: [400, 503],
  },
  {
    path: "/video/jobs",
    method: "delete",
    summary: "Removes finished jobs at once, with their results and files; others stay",
    description: "At least one of the parameters is required.",
    guarded: true,
    query: "ClearQuery",
    answer: "Cleared",
    errors: [400, 503],
  },
  {
    path: "/video/status/{id}",
    method: "get",
    summary: "One job and its progress",
    guarded: true,
    answer: "JobView",
    errors: JOB_ERRORS,
  },
  {
    path: "/video/results/{id}",
    method: "get",
    summary: "What a completed job has found",
    description:
      "A page as JSON, or with `format=jsonl` all of it, one `VideoFrameResult` a line, or with `format=csv` a row for " +
      "each thing that was found. The columns of CSV are `frame_index`, `timestamp_ms`, `kind` (`object`, `class`, " +
      "`text` or `damaged`), `label`, `text`, `confidence`, `x`, `y`, `width`, `height`, `mask`, `keypoints`, `polygon` " +
      "and `classes`; others may be added at the end.",
    guarded: true,
    query: "ResultsQuery",
    answer: "ResultsPage",
    otherAnswers: ["application/x-ndjson", "text/csv"],
    errors: [400, 409, ...JOB_ERRORS],
  },
  {
    path: "/video/events/{id}",
    method: "get",
    summary: "What rules notice in a completed job",
    guarded: true,
    query: "EventsQuery",
    answer: "VideoEvents",
    otherAnswers: ["application/x-ndjson", "text/csv"],
    errors: [400, 409, ...JOB_ERRORS],
  },
  {
    path: "/video/cancel/{id}",
    method: "post",
    summary: "Ends a job that is not finished; its results so far are kept for a retry",
    guarded: true,
    answer: "JobView",
    errors: [409, ...JOB_ERRORS],
  },
  {
    path: "/video/retry/{id}",
    method: "post",
    summary: "Resumes a failed or cancelled job after its last stored frame",
    guarded: true,
    answer: "JobView",
    errors: [409, ...JOB_ERRORS],
  },
  {
    path: "/video/file/{id}",
    method: "get",
    summary: "The video as it was uploaded, or a range of its bytes",
    guarded: true,
    answer: "video/*",
    errors: [416, ...JOB_ERRORS],
  },
  {
    path: "/video/annotated/{id}",
    method: "get",
    summary: "The video with the results drawn into it",
    guarded: true,
    answer: "video/mp4",
    errors: [409, 422, ...JOB_ERRORS],
  },
  {
    path: "/video/{id}",
    method: "delete",
    summary: "Removes a job, its results and its files",
    guarded: true,
    answer: undefined,
    status: 204,
    errors: [409, ...JOB_ERRORS],
  },
];
