/**
 * The description of the HTTP interface, as OpenAPI 3.1.
 *
 * @module
 */

import {
  namedSchemas,
  type QueryName,
  querySchema,
  reference,
  type Schema,
  type SchemaName,
} from "./openapi_schemas.ts";

/** A part of the document that is no schema. */
type JsonObject = Readonly<Record<string, unknown>>;

/** One method of one path. */
interface Operation {
  path: string;
  method: "get" | "post" | "delete";
  summary: string;
  /** Whether clients have to present the token where one is set. */
  guarded?: boolean;
  /** What the id in the path is; `string` for any text. */
  id?: "string" | "uuid";
  /** Query parameters. */
  query?: QueryName;
  /** Media types of the body, and what each holds; an empty schema for the bytes of a file. */
  body?: Readonly<Record<string, Schema>>;
  /** What goes over a WebSocket. */
  messages?: SchemaName;
  /** Name of a schema, a media type, or `undefined` for no content. */
  answer: SchemaName | `${string}/${string}` | undefined;
  /** @default {200} */
  status?: number;
  errors?: readonly number[];
}

/** An OpenAPI document. */
export interface OpenApiDocument {
  /** The version of OpenAPI that it follows. */
  openapi: "3.1.0";
  /** Title, version and licence. */
  info: Readonly<Record<string, unknown>>;
  /** Where its paths begin. */
  servers: readonly { url: string }[];
  /** By path, and below that by method in small letters. */
  paths: Readonly<Record<string, Readonly<Record<string, JsonObject>>>>;
  /** The schemas by name, and the ways to present a token. */
  components: {
    schemas: Readonly<Record<string, Schema>>;
    securitySchemes: Readonly<Record<string, JsonObject>>;
  };
}

const FORM: Schema = {
  type: "object",
  properties: { file: { description: "The bytes of the file" } },
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

const OPERATIONS: readonly Operation[] = [
  { path: "/", method: "get", summary: "The live page", answer: "text/html" },
  { path: "/videos", method: "get", summary: "The page for video files", answer: "text/html" },
  { path: "/watch", method: "get", summary: "The page for viewers", answer: "text/html" },
  {
    path: "/health",
    method: "get",
    summary: "What is alive; 503 when no worker is",
    answer: "Health",
    errors: [503],
  },
  {
    path: "/ready",
    method: "get",
    summary: "200 once an inference on a known picture has found what is on it, 5 s ago at most",
    answer: "Ready",
    errors: [503],
  },
  { path: "/metrics", method: "get", summary: "Metrics for Prometheus", answer: "text/plain" },
  { path: "/openapi.json", method: "get", summary: "This document", answer: "application/json" },
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
    summary: "Runs a pipeline on one picture: the body, or the part named file of a form",
    guarded: true,
    body: IMAGES,
    answer: "Run",
    errors: [400, 404, 413, 415, 422, 503],
  },
  {
    path: "/sessions",
    method: "get",
    summary: "The streams that are open now",
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
    summary: "Takes a form with an MP4 in its part named file, and begins a job",
    guarded: true,
    query: "SubmitQuery",
    body: { "multipart/form-data": FORM },
    answer: "Submitted",
    status: 202,
    errors: [400, 413, 422, 503],
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
    path: "/video/status/{id}",
    method: "get",
    summary: "How far a job is",
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
    errors: [400, 409, ...JOB_ERRORS],
  },
  {
    path: "/video/cancel/{id}",
    method: "post",
    summary: "Ends a job that is not finished; what it has found stays for a retry",
    guarded: true,
    answer: "JobView",
    errors: [409, ...JOB_ERRORS],
  },
  {
    path: "/video/retry/{id}",
    method: "post",
    summary: "Lets a failed or cancelled job go on from its last stored frame",
    guarded: true,
    answer: "JobView",
    errors: [409, ...JOB_ERRORS],
  },
  {
    path: "/video/file/{id}",
    method: "get",
    summary: "The video as it was uploaded, or a range of its bytes",
    guarded: true,
    answer: "video/mp4",
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
    summary: "WebSocket: the answers of somebody's stream",
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
    summary: "WebSocket: a job as it is now and after every change",
    guarded: true,
    messages: "JobMessage",
    answer: undefined,
    status: 101,
    errors: [426, 503],
  },
];

const ERROR_MEANINGS: Readonly<Record<number, string>> = {
  400: "The request makes no sense",
  401: "The token is missing or wrong",
  403: "The request comes from a page of another site",
  404: "There is no such thing",
  409: "Not in this state",
  413: "Too large",
  415: "Not of a type that is taken",
  416: "No such range",
  421: "The Host is no name of this server",
  422: "The picture or the video cannot be decoded",
  426: "Connect with a WebSocket",
  503: "Not now",
};

/** Statuses of every path, for a `Host` that is missing, malformed or unknown. */
const HOST_ERRORS = [400, 421];

function isMediaType(answer: string): answer is `${string}/${string}` {
  return answer.includes("/");
}

function content(answer: SchemaName | `${string}/${string}`): JsonObject {
  if (isMediaType(answer)) return { [answer]: {} };
  return { "application/json": { schema: reference(answer) } };
}

function responses({ answer, status = 200, errors = [], guarded }: Operation): JsonObject {
  const all: Record<string, JsonObject> = {
    [status]: {
      description: status === 101 ? "Switching to a WebSocket" : "Done",
      ...(answer !== undefined && { content: content(answer) }),
    },
  };
  for (const code of [...HOST_ERRORS, ...errors, ...(guarded ? [401, 403] : [])]) {
    all[code] = { description: ERROR_MEANINGS[code], content: content("ErrorAnswer") };
  }
  return all;
}

function parameters({ path, id = "uuid", query }: Operation): JsonObject[] {
  const idSchema = id === "uuid" ? { type: "string", format: id } : { type: id };
  const inPath = path.includes("{id}")
    ? [{ name: "id", in: "path", required: true, schema: idSchema }]
    : [];
  if (query === undefined) return inPath;
  const { properties = {}, required = [] } = querySchema(query);
  const inQuery = Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === "boolean" ? {} : property;
    return { name, in: "query", required: required.includes(name), description, schema };
  });
  return [...inPath, ...inQuery];
}

function describe(operation: Operation): JsonObject {
  const { summary, body, guarded, messages } = operation;
  return {
    summary,
    ...(messages && { description: `Each message of the server is a ${messages} as JSON.` }),
    parameters: parameters(operation),
    ...(body && { requestBody: { content: mapValues(body, (schema) => ({ schema })) } }),
    responses: responses(operation),
    ...(guarded && { security: [{}, { token: [] }, { tokenInQuery: [] }] }),
  };
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  change: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

/** Describes the interface of a version of livesyte. */
export function describeInterface(version: string, basePath = ""): OpenApiDocument {
  const paths: Record<string, Record<string, JsonObject>> = {};
  for (const operation of OPERATIONS) {
    (paths[operation.path] ??= {})[operation.method] = describe(operation);
  }
  return {
    openapi: "3.1.0",
    servers: [{ url: basePath || "/" }],
    info: { title: "livesyte", version, license: { name: "MIT", identifier: "MIT" } },
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        token: { type: "http", scheme: "bearer" },
        tokenInQuery: { type: "apiKey", in: "query", name: "token" },
      },
    },
  };
}
