/**
 * The paths of the HTTP interface and what they take and answer; tests compare them with `routes/`.
 *
 * @module
 */

import { type QueryName, reference, type Schema, type SchemaName } from "./openapi_schemas.ts";

/** Such as `text/html`. */
export type MediaType = `${string}/${string}`;

/** One method of one path. */
export interface Operation {
  /** With `{id}` for the id in it. */
  path: string;
  /** In small letters, as OpenAPI has it. */
  method: "get" | "post" | "patch" | "delete";
  /** What it is for, without a full stop. */
  summary: string;
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
  messages?: SchemaName;
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

const FILE = { description: "The bytes of the file" };
const FORM: Schema = { type: "object", properties: { file: FILE }, required: ["file"] };
const VIDEO_FORM: Schema = {
  type: "object",
  properties: {
    file: FILE,
    rules: {
      type: "string",
      description: "The rules to look with: a list as JSON, or a set of `RULES_FILE`",
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

/** All but those of cameras and events, in the order in which they are shown. */
export const OPERATIONS: readonly Operation[] = [
  { path: "/", method: "get", summary: "The live page", answer: "text/html" },
  { path: "/videos", method: "get", summary: "The page for video files", answer: "text/html" },
  { path: "/cameras", method: "get", summary: "The page for cameras", answer: "text/html" },
  { path: "/events", method: "get", summary: "The page for events", answer: "text/html" },
  { path: "/watch", method: "get", summary: "The page for viewers", answer: "text/html" },
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
  { path: "/openapi.json", method: "get", summary: "This document", answer: "application/json" },
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
    summary:
      "Runs a pipeline on one image, turned upright by its EXIF orientation: the body, or the part named file of a form",
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
    path: "/video/submit",
    method: "post",
    summary:
      "Takes a form with a video in its part named file (MP4, MOV, WebM, MKV, AVI or MPEG-TS), and perhaps rules, and creates a job",
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
  {
    path: "/ws/video/stream",
    method: "get",
    summary: "WebSocket: one stream of frames and answers",
    guarded: true,
    query: "StreamQuery",
    messages: "ServerMessage",
    answer: undefined,
    status: 101,
    errors: [426, 503],
  },
  {
    path: "/ws/video/watch",
    method: "get",
    summary: "WebSocket: the answers of another client's stream",
    guarded: true,
    query: "WatchQuery",
    messages: "ViewerMessage",
    answer: undefined,
    status: 101,
    errors: [426, 503],
  },
  {
    path: "/ws/jobs/{id}",
    method: "get",
    summary: "WebSocket: a job, now and after every change",
    guarded: true,
    messages: "JobMessage",
    answer: undefined,
    status: 101,
    errors: [426, 503],
  },
];
