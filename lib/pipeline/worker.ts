/**
 * A Web Worker that decodes pictures and looks at them, one at a time.
 *
 * @module
 */

import { Detector, type DetectorOptions } from "./detector.ts";
import { ImageDecodeError, ImageTooLargeError } from "./errors.ts";
import { decodeLetterboxed } from "./jpeg_decoder.ts";
import { fitLetterbox, LETTERBOX_GREY } from "./letterbox.ts";
import type { Size } from "./onnx_graph.ts";
import { compilePipeline, type PipelineRunner } from "./pipeline_runner.ts";
import {
  HEARTBEAT_INTERVAL_MS,
  type RunRequest,
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
/** Detectors by their input, as they are asked for; a `Promise` while one is being loaded. */
const detectors = new Map<string, Promise<Detector>>();
let setup: WorkerSetup | undefined;

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage(data.type === "start" ? await start(data.setup) : await run(data));
  } catch (error) {
    scope.postMessage(toFailure(error));
  }
};

async function start(given: WorkerSetup): Promise<WorkerReply> {
  setup = given;
  for (const pipeline of setup.pipelines) runners.set(pipeline.id, compilePipeline(pipeline));
  await detectorFor(setup);
  setInterval(() => scope.postMessage({ type: "heartbeat" }), HEARTBEAT_INTERVAL_MS);
  return { type: "ready" };
}

/** The detector for an input, or the one that was loaded at the start. */
function detectorFor(
  { detector, otherDetectors }: WorkerSetup,
  inputSize?: Size,
): Promise<Detector> {
  const options =
    otherDetectors.find(({ layout: { input } }) =>
      input.width === inputSize?.width && input.height === inputSize.height
    ) ?? detector;
  const { width, height } = options.layout.input;
  return detectors.getOrInsertComputed(`${width}x${height}`, () => loadDetector(options));
}

async function loadDetector(options: DetectorOptions): Promise<Detector> {
  const detector = await Detector.create(options);
  await warmUp(detector);
  return detector;
}

/** The first inference allocates, and takes several times as long as the next. */
async function warmUp(detector: Detector): Promise<void> {
  detector.pixels.fill(LETTERBOX_GREY);
  await detector.detect(fitLetterbox(detector.input, detector.input));
}

async function run(
  { pipelineId, frame, inputSize }: RunRequest,
): Promise<WorkerReply> {
  const runner = runners.get(pipelineId);
  if (runner === undefined || setup === undefined) {
    throw new RangeError(`Cannot run the pipeline "${pipelineId}": unknown`);
  }
  const detector = await detectorFor(setup, inputSize);
  const { maxPixels } = setup;
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
