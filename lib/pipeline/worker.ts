/**
 * A Web Worker that decodes pictures and looks at them, one at a time.
 *
 * @module
 */

import { Detector } from "./detector.ts";
import { ImageDecodeError, ImageTooLargeError } from "./errors.ts";
import { decodeLetterboxed } from "./jpeg_decoder.ts";
import { fitLetterbox, LETTERBOX_GREY } from "./letterbox.ts";
import { compilePipeline, type PipelineRunner } from "./pipeline_runner.ts";
import {
  HEARTBEAT_INTERVAL_MS,
  type WorkerFailure,
  type WorkerReply,
  type WorkerRequest,
  type WorkerSetup,
} from "./worker_messages.ts";

/** The part of a dedicated worker's global scope that is used here. */
interface WorkerScope {
  postMessage(message: WorkerReply): void;
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null;
}

const scope = self as unknown as WorkerScope;
const runners = new Map<string, PipelineRunner>();
let detector: Detector | undefined;
let maxPixels = 0;

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage(data.type === "start" ? await start(data.setup) : await run(data));
  } catch (error) {
    scope.postMessage(toFailure(error));
  }
};

async function start(setup: WorkerSetup): Promise<WorkerReply> {
  maxPixels = setup.maxPixels;
  for (const pipeline of setup.pipelines) runners.set(pipeline.id, compilePipeline(pipeline));
  detector = await Detector.create(setup.detector);
  await warmUp(detector);
  setInterval(() => scope.postMessage({ type: "heartbeat" }), HEARTBEAT_INTERVAL_MS);
  return { type: "ready" };
}

/** The first inference allocates, and takes several times as long as the next. */
async function warmUp(detector: Detector): Promise<void> {
  detector.pixels.fill(LETTERBOX_GREY);
  await detector.detect(fitLetterbox(detector.input, detector.input));
}

async function run(
  { pipelineId, frame }: { pipelineId: string; frame: Uint8Array },
): Promise<WorkerReply> {
  const runner = runners.get(pipelineId);
  if (runner === undefined || detector === undefined) {
    throw new RangeError(`Cannot run the pipeline "${pipelineId}": unknown`);
  }
  const outcome = await runner({ frame, maxPixels, detector, decode: decodeLetterboxed });
  return { type: "done", outcome };
}

function toFailure(error: unknown): WorkerFailure {
  const inner = error instanceof ImageDecodeError ? error.cause ?? error : error;
  const message = inner instanceof Error ? inner.message : String(inner);
  if (error instanceof ImageDecodeError) return { type: "failed", kind: "undecodable", message };
  if (error instanceof ImageTooLargeError) return { type: "failed", kind: "too_large", message };
  return { type: "failed", kind: "internal", message };
}
