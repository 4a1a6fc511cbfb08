import { Classifier } from "../detection/classifier.ts";
import { Detector } from "../detection/detector.ts";
import { fitLetterbox } from "../image/letterbox.ts";
import { loadClassifier } from "./classifier_model.ts";
import { loadDetector, type PreparedDetector } from "./specialized_model.ts";

/** Inferences of which the median counts, after one that allocates. */
const SAMPLES = 5;

/** Overlap above which boxes are dropped; it has no bearing on the time of a grey image. */
const IOU = 0.45;

/**
 * Measures how long a detector takes for an image that lies in its input already, with decoding what it gives.
 *
 * @param threads Threads of an inference
 * @returns Milliseconds
 * @throws {ModelError} If the model is gone, is another by now, or cannot be used
 */
export async function measureInference(
  prepared: PreparedDetector,
  threads: number,
): Promise<number> {
  const { confidence } = prepared;
  const graph = await loadDetector(prepared);
  const detector = await Detector.create({ ...graph, threads, confidence, iou: IOU });
  try {
    await detector.warmUp();
    const letterbox = fitLetterbox(detector.input, detector.input);
    return await medianTime(() => detector.detect(letterbox));
  } finally {
    await detector.release();
  }
}

/**
 * Measures how long a classifier takes for an image that lies in its input already.
 *
 * @param source The model's file
 * @param threads Threads of an inference
 * @returns Milliseconds
 * @throws {ModelError} If the model is gone, or cannot be used
 */
export async function measureClassification(source: string, threads: number): Promise<number> {
  const classifier = await Classifier.create({ ...await loadClassifier(source), threads });
  try {
    await classifier.warmUp();
    return await medianTime(() => classifier.classify());
  } finally {
    await classifier.release();
  }
}

async function medianTime(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < SAMPLES; count += 1) {
    const startedAt = performance.now();
    await run();
    times.push(performance.now() - startedAt);
  }
  return times.toSorted((a, b) => a - b)[Math.floor(SAMPLES / 2)] ?? NaN;
}
