/**
 * The JSON of the HTTP interface, as JSON Schema (2020-12).
 *
 * @module
 */

/** A JSON Schema. */
export type Schema = Readonly<Record<string, unknown>>;

const text = { type: "string" };
const number = { type: "number" };
const count = { type: "integer", minimum: 0 };
const flag = { type: "boolean" };
const time = { type: "string", format: "date-time" };
const size = object({ width: count, height: count });

/** The place of a named schema in the document. */
export function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function list(items: Schema): Schema {
  return { type: "array", items };
}

function oneOf(...values: string[]): Schema {
  return { enum: values };
}

function orNull(schema: Schema): Schema {
  return { anyOf: [schema, { type: "null" }] };
}

/** An object that has all of these properties, may have the optional ones and those of a pattern, and has no other. */
function object(
  properties: Readonly<Record<string, Schema>>,
  optional: Readonly<Record<string, Schema>> = {},
  patternProperties: Readonly<Record<string, Schema>> = {},
): Schema {
  return {
    type: "object",
    properties: { ...properties, ...optional },
    patternProperties,
    required: Object.keys(properties),
    additionalProperties: false,
  };
}

const boundingBox = {
  type: "array",
  items: number,
  minItems: 4,
  maxItems: 4,
  description: "x, y, width and height in pixels of the picture as received",
};
const point = { type: "array", items: number, minItems: 2, maxItems: 2 };
const quality = object({ level: count, width: count, height: count });
const definition = {
  id: text,
  name: text,
  description: text,
  nodes: list(
    object({ id: text, step: text }, { params: { type: "object" }, interval_ms: number }),
  ),
  edges: list(object({ from: text, to: text })),
};

/** Every named schema. */
export const SCHEMAS: Readonly<Record<string, Schema>> = {
  Error: object({ error: text, detail: text }),
  Health: object({
    status: oneOf("healthy", "degraded", "unhealthy"),
    version: text,
    uptime_s: count,
    sessions: object({ active: count, max: orNull(count) }),
    pipelines: list(text),
    workers: list(object({ alive: flag, last_heartbeat: orNull(time) })),
    jobs: { type: "object" },
  }),
  Ready: object({ status: oneOf("ready") }),
  PipelineList: object({ pipelines: list(object({ id: text, name: text, description: text })) }),
  PipelineDefinition: object(definition),
  Pipeline: object({
    ...definition,
    entry_nodes: list(text),
    output_nodes: list(text),
    models: list(
      object({ name: text, file: text, licence: orNull(text), input_size: orNull(size) }),
    ),
  }),
  StepList: object({
    steps: list(object({
      name: text,
      description: text,
      accepts: { type: "object", additionalProperties: oneOf("required", "optional") },
      produces: text,
      runs_on: oneOf("detection", "reading", "main", "anywhere"),
      takes_interval: flag,
      params: { type: "object" },
    })),
  }),
  Validation: object({ valid: flag, errors: list(text) }),
  Result: object(
    {
      image: size,
      detections: list(object(
        { label: text, class_id: count, confidence: number, bbox: boundingBox },
        { track_id: count, text },
      )),
      text_blocks: list(object(
        { text, confidence: number, polygon: list(point), bbox: boundingBox },
        { stable: flag },
      )),
      text,
      text_frame_index: orNull(count),
      timings_ms: object({
        wait: number,
        decode: number,
        detect: number,
        ocr: number,
        total: number,
      }, { nodes: { type: "object", additionalProperties: number } }),
      models: object({ detector: orNull(text), recognizer: orNull(text) }),
    },
    { quality },
    { "_frame_index$": orNull(count) },
  ),
  Run: object({ result: reference("Result") }),
  Session: object({
    session_id: text,
    pipeline_id: text,
    state: oneOf("idle", "starting", "active", "stopping", "failed"),
    backpressure_state: oneOf("normal", "warning", "critical"),
    frame_index: count,
    dropped_frames: count,
    drop_rate: number,
    recent_drop_rate: number,
    last_processed_ts: orNull(number),
    created_at: time,
    last_access: time,
    idle_s: number,
    error_count: count,
    last_error: orNull(object({ code: text, detail: text })),
    client_count: count,
    quality,
    qualities: list(quality),
  }),
  SessionList: object({ sessions: list(reference("Session")) }),
  Submitted: object({ job_id: text }),
  Job: object({
    job_id: text,
    pipeline_id: text,
    status: oneOf("pending", "processing", "completed", "failed", "cancelled"),
    progress: object({
      current_step: count,
      total_steps: count,
      percent: number,
      description: text,
    }),
    created_at: time,
    updated_at: time,
    finished_at: orNull(time),
    error: orNull(text),
    detail: orNull(text),
    file_name: text,
    file_bytes: count,
    frame_stride: count,
    max_frames: count,
    video: orNull(object({
      width: count,
      height: count,
      frame_count: orNull(count),
      duration_ms: orNull(number),
    })),
  }),
  JobList: object({ jobs: list(reference("Job")) }),
  ResultsPage: object({
    job_id: text,
    total: count,
    offset: count,
    limit: count,
    results: list(
      object({ frame_index: count, timestamp_ms: number, result: reference("Result") }),
    ),
  }),
};
