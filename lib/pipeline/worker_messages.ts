/** The messages between {@linkcode WorkerPool} and its workers. */

import type { DetectorOptions } from "./detector.ts";
import type { Size } from "./onnx_graph.ts";
import type { PipelineDefinition } from "./pipeline_definition.ts";
import type { RunOutcome } from "./pipeline_runner.ts";

/** What a worker needs to know before its first frame. */
export interface WorkerSetup {
  pipelines: PipelineDefinition[];
  /** Loaded at the start, and used where a frame asks for no other input. */
  detector: DetectorOptions;
  /** The same detector for other inputs; each is loaded when a frame first asks for it. */
  otherDetectors: DetectorOptions[];
  /** Most pixels that a picture may have. */
  maxPixels: number;
}

/** Makes a worker load its models; it answers `ready` or `failed`. */
export interface StartRequest {
  type: "start";
  setup: WorkerSetup;
}

/** Makes a worker run a pipeline on a frame; it answers `done` or `failed`. */
export interface RunRequest {
  type: "run";
  pipelineId: string;
  frame: Uint8Array<ArrayBuffer>;
  /** Input of the detector that is to be used; the one loaded at the start where it is not given or unknown. */
  inputSize?: Size;
}

/** What a worker is sent. */
export type WorkerRequest = StartRequest | RunRequest;

/** Why a worker could not do what it was asked. */
export interface WorkerFailure {
  type: "failed";
  /** Whose fault it is: that of the picture, of its size, or of the pipeline. */
  kind: "undecodable" | "too_large" | "internal";
  /** For `too_large` fit for clients, else for logs. */
  message: string;
}

/** What a worker answers; `heartbeat` comes every second on its own. */
export type WorkerReply =
  | { type: "ready" }
  | { type: "heartbeat" }
  | { type: "done"; outcome: RunOutcome }
  | WorkerFailure;

/** Time between two heartbeats, in milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 1000;
