/**
 * The ways in which a frame's detections can be had that `deno task bench:frame` measures in one process.
 *
 * @module
 */

import type { PipelineConfig } from "../lib/config.ts";
import { decodeLetterboxed } from "../lib/image/image_decoder.ts";
import type { Size } from "../lib/image/size.ts";
import { loadDetector, type Precision, prepareDetector } from "../lib/models/specialized_model.ts";
import { InferenceSession, Tensor } from "../lib/onnx/onnxruntime.ts";
import { sessionSettings } from "../lib/onnx/session_settings.ts";
import { PipelineService } from "../lib/pipeline/pipeline_service.ts";
import type { StageTimings } from "../lib/protocol/result.ts";
import { PlainDetector } from "./plain_detector.ts";

/** One thing to measure. */
export interface Variant {
  name: string;
  /** Gives its parts in milliseconds, `total` among them. */
  run(): Promise<Partial<Omit<StageTimings, "nodes">> & { total: number }>;
  /** Ends what it runs on. */
  stop(): void;
}

/** What variants share. */
export interface VariantOptions {
  /** A JPEG. */
  frame: Uint8Array;
  /** Path of the ONNX file. */
  path: string;
  /** Folder of the model files. */
  modelDir: string;
  /** Settings of the server. */
  settings: PipelineConfig;
  /** What the detector computes with. */
  precision: Precision;
  /** Threads of one inference. */
  threads: number;
}

/**
 * The uncut network at 640x640, driven by a plain script.
 *
 * @param session Settings of onnxruntime; its own by default
 * @returns `undefined` where the plain script cannot drive the model
 */
export async function plainVariant(
  name: string,
  { frame, path }: VariantOptions,
  session?: InferenceSession.SessionOptions,
): Promise<Variant | undefined> {
  const detector = await PlainDetector.create(path, session);
  if (detector === undefined) return undefined;
  return {
    name,
    async run() {
      const { timings } = await detector.detect(frame);
      return timings;
    },
    stop() {},
  };
}

/** A frame of a stream, from its bytes to its result. */
export async function frameVariant(
  name: string,
  inputSize: Size,
  { frame, modelDir, settings, precision, threads }: VariantOptions,
): Promise<Variant> {
  const { model, confidence, iou } = settings;
  const service = new PipelineService({
    ...{ modelDir, model, precision, confidence, iou, inputSize, threads },
    workers: 1,
  });
  await service.start();
  return {
    name,
    async run() {
      // A copy, since the pipeline takes the memory away; made before the clock of the result starts.
      const result = await service.runOnFrame({
        pipelineId: "yolo_only",
        sessionId: "bench",
        frameIndex: 1,
        bytes: frame.slice(),
      });
      const { nodes: _, ...stages } = result.timings_ms;
      return stages;
    },
    stop: () => service.stop(),
  };
}

/** The inference alone. */
export async function inferenceVariant(
  name: string,
  inputSize: Size,
  { frame, path, settings: { confidence }, precision, threads }: VariantOptions,
): Promise<Variant> {
  const choice = { size: inputSize, confidence, precision };
  const { model, layout } = await loadDetector(await prepareDetector(path, choice));
  const session = await InferenceSession.create(model, sessionSettings(threads));
  const { width, height } = layout.input;
  const pixels = new Uint8Array(width * height * 3);
  await decodeLetterboxed(frame, { width, height }, pixels, { maxPixels: 640 * 480 });
  const input = new Tensor("uint8", pixels, [1, height, width, 3]);
  return {
    name,
    async run() {
      const started = performance.now();
      await session.run({ [session.inputNames[0] ?? ""]: input });
      return { total: performance.now() - started };
    },
    stop() {},
  };
}
