/**
 * Examples of what is best understood by one; a test compares them with their schemas.
 *
 * @module
 */

import type { Schema } from "../reference/open_api_document.ts";
import type { SchemaName } from "./openapi_schemas.ts";

/** A JSON value. */
export type Example = NonNullable<Schema["examples"]>[number];

const RESULT = {
  image: { width: 640, height: 480 },
  detections: [
    {
      label: "dog",
      class_id: 16,
      confidence: 0.93,
      bbox: [131, 218, 178, 222],
      track_id: 3,
    },
  ],
  text_blocks: [
    {
      text: "Gate 12",
      confidence: 0.98,
      polygon: [[119, 356], [478, 307], [482, 339], [123, 388]],
      bbox: [119, 307, 363, 81],
      stable: true,
    },
  ],
  text: "Gate 12",
  text_frame_index: 41,
  timings_ms: { wait: 0.4, decode: 3.1, detect: 21.9, ocr: 0, total: 25.6 },
  quality: { level: 0, width: 640, height: 480 },
  models: { detector: "yolov8n", recognizer: "PP-OCRv6_small" },
};

/** Id of a job, a stream or an event. */
export const EXAMPLE_ID = "6f1c0c4e-6d0b-4a44-8f0e-3c8a9a3c5d11";

const ADDRESS = "rtsp://viewer:secret@192.168.1.20/stream2";

/** By the names of their schemas. */
export const EXAMPLES = {
  ErrorAnswer: { error: "job_not_found", detail: "There is no such job" },
  PipelineResult: RESULT,
  ResultMessage: { frame_index: 42, result: RESULT },
  DropMessage: { frame_index: 43, dropped: true },
  WarningMessage: { warning: "slow_down" },
  ErrorMessage: { error: "invalid_message", detail: "Expected binary frame payload" },
  SessionMessage: { session_id: EXAMPLE_ID },
  ViewerError: { error: "session_not_found", detail: `Unknown session_id: ${EXAMPLE_ID}` },
  CameraStateMessage: { state: "active", last_error: null, retry_at: null },
  PipelineDefinition: {
    id: "objects_and_text",
    name: "Objects and text",
    description: "Finds objects, and reads text twice a second.",
    nodes: [
      { id: "decode", step: "decode" },
      { id: "detect", step: "detect" },
      { id: "read", step: "read", interval_ms: 500 },
      { id: "output", step: "result" },
    ],
    edges: [
      { from: "decode", to: "detect" },
      { from: "decode", to: "read" },
      { from: "decode", to: "output" },
      { from: "detect", to: "output" },
      { from: "read", to: "output" },
    ],
  },
  CameraDefinition: {
    id: "door",
    name: "Front door",
    url: ADDRESS,
    pipeline_id: "yolo_only",
    fps: 10,
  },
  CameraChange: { name: "Back door", always: true },
  CameraTrial: { url: ADDRESS },
  Submitted: { job_id: EXAMPLE_ID },
  JobView: {
    job_id: EXAMPLE_ID,
    pipeline_id: "yolo_only",
    status: "processing",
    progress: {
      current_step: 120,
      total_steps: 300,
      percent: 40,
      description: "Processing frames",
    },
    created_at: "2026-11-01T12:00:00.000Z",
    updated_at: "2026-11-01T12:00:04.000Z",
    finished_at: null,
    error: null,
    detail: null,
    file_name: "walk.mp4",
    file_bytes: 4812345,
    frame_stride: 1,
    max_frames: 0,
    rules: 0,
    video: { width: 1280, height: 720, frame_count: 300, duration_ms: 10000 },
  },
  JobSocketError: { error: "job_not_found", detail: "There is no such job" },
  Ping: { type: "ping" },
  Pong: { type: "pong" },
} satisfies Partial<Record<SchemaName, Example>>;
