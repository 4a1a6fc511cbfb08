import { matchClasses } from "../../lib/evaluation/class_names.ts";
import type { Dataset } from "../../lib/evaluation/dataset.ts";
import { evaluateDetections } from "../../lib/evaluation/evaluate_detections.ts";
import type { LabelledImage } from "../../lib/evaluation/labelled_image.ts";
import { toPixelBox } from "../../lib/evaluation/parse_labels.ts";
import type { Contestant } from "./contestant.ts";
import { DescriptionSchema, DetectionsSchema, MeasurementSchema } from "./peer_answers.ts";
import { PeerProcess } from "./peer_process.ts";

/** As in `deno task evaluate`: mean average precision needs detections that nobody would be shown. */
const LEAST_CONFIDENCE = 0.001;

/** What to measure, and with what. */
export interface PeerContestantOptions {
  /** What it is called. */
  name: string;
  /** The Python that has its packages. */
  python: string;
  /** Its file in `bench/peers/`. */
  script: string;
  /** Path of the ONNX file. */
  model: string;
  /** Threads of one inference, where the program lets them be chosen. */
  threads: number;
  /** Confidence that detections have to exceed, 0 to 1. */
  confidence: number;
  /** Overlap above which the weaker of two boxes of a class is dropped, 0 to 1. */
  iou: number;
  /** What it computes with, where that can be chosen. */
  precision?: "float32" | "bfloat16" | "8 bits";
  /** Path of a JPEG. */
  framePath: string;
  /** Labelled images; what is quantized is calibrated on them, too. */
  dataset: Dataset | undefined;
}

/**
 * Starts another program. Its frames need not go anywhere: their time is that from the bytes to the detections.
 *
 * @returns `undefined` where this machine cannot run it
 * @throws {PeerError} If it does not start
 */
export async function startPeerContestant(
  options: PeerContestantOptions,
): Promise<Contestant | undefined> {
  const { name, model, threads, confidence, iou, precision, framePath, dataset } = options;
  const peer = new PeerProcess(options);
  const calibration = dataset?.files.map(({ path }) => path);
  const description = await peer.ask(
    { model, threads, iou, precision, calibration },
    DescriptionSchema,
  );
  if ("unavailable" in description) {
    await peer[Symbol.asyncDispose]();
    return undefined;
  }
  const { version, labels } = description;
  return {
    name,
    version,
    isOwn: false,
    measure: ({ frames, intervalMs }) =>
      peer.ask(
        { image: framePath, confidence, frames, interval_ms: intervalMs },
        MeasurementSchema,
      ),
    evaluate: () => evaluate(peer, labels, dataset ?? { files: [], names: undefined }, confidence),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

async function evaluate(
  peer: PeerProcess,
  labels: readonly string[],
  { files, names }: Dataset,
  confidence: number,
): Promise<number> {
  const classes = matchClasses(names, labels, files);
  const images: LabelledImage[] = [];
  for (const file of files) {
    const task = { image: file.path, confidence: LEAST_CONFIDENCE };
    const { size: [width, height], detections } = await peer.ask(task, DetectionsSchema);
    images.push({
      objects: file.labels.map((label) => ({
        classId: classes.get(label.classId)?.classId ?? NaN,
        bbox: toPixelBox(label, { width, height }),
      })),
      detections: detections.map(([classId, confidence, ...bbox]) => ({
        classId,
        confidence,
        bbox,
      })),
    });
  }
  return evaluateDetections(images, confidence).all?.map50_95 ?? NaN;
}
