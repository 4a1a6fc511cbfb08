import { Detector } from "../lib/detection/detector.ts";
import { intersectionOverUnion, toCorners } from "../lib/image/boxes.ts";
import { decodeLetterboxed } from "../lib/image/image_decoder.ts";
import type { Letterbox } from "../lib/image/letterbox.ts";
import { PIPELINE_DEFAULTS } from "../lib/config.ts";
import { loadDetector, type Precision, prepareDetector } from "../lib/models/specialized_model.ts";
import type { Detection } from "../lib/protocol/detection.ts";
import { MAX_PIXELS } from "./detect_in_files.ts";
import { countImages } from "./image_progress.ts";

/** Overlap of two boxes that counts as the same object. */
const SAME_OVERLAP = 0.8;
/** Boxes are compared class by class, since of two classes either may be the likelier one. */
const EACH_CLASS = { agnostic: false };
/** Most images that are looked at: enough to see whether something is wrong. */
const MOST_IMAGES = 32;
const WARM_UP_ROUNDS = 3;
const ROUNDS = 30;

/**
 * Tells how far a detector with 8-bit integers agrees with itself in float32, and how much faster it is on this machine.
 *
 * @param path The model, which has a calibration
 * @param images Paths of images
 */
export async function comparePrecisions(path: string, images: readonly string[]): Promise<string> {
  const [original, quantized] = await Promise.all((["fp32", "int8"] as const).map(
    (precision) => loadAt(path, precision),
  )) as [Detector, Detector];
  let [kept, expected, found] = [0, 0, 0];
  for (const image of images.slice(0, MOST_IMAGES)) {
    const bytes = await Deno.readFile(image);
    const before = await original.detect(await show(original, bytes), EACH_CLASS);
    const after = await quantized.detect(await show(quantized, bytes), EACH_CLASS);
    expected += before.length;
    found += after.length;
    kept += before.filter((each) => after.some((other) => isSame(each, other))).length;
  }
  const [first = ""] = images;
  const times = await measure([original, quantized], await Deno.readFile(first));
  const [slow = NaN, fast = NaN] = times;
  await Promise.all([original.release(), quantized.release()]);
  return `Of ${expected} objects that it finds with float32 in ${
    countImages(Math.min(images.length, MOST_IMAGES))
  }, 8 bits find ${kept} in the same place, and ${found - kept} others\n` +
    `${fast.toFixed(1)} ms instead of ${slow.toFixed(1)} ms: ${
      (slow / fast).toFixed(2)
    } times as fast\n`;
}

async function loadAt(path: string, precision: Precision): Promise<Detector> {
  const { inputSize: size, confidence, iou } = PIPELINE_DEFAULTS;
  const prepared = await prepareDetector(path, { size, confidence, precision });
  // One thread each, as frames of several streams have.
  return await Detector.create({ ...await loadDetector(prepared), threads: 1, confidence, iou });
}

async function show({ input, pixels }: Detector, image: Uint8Array): Promise<Letterbox> {
  return await decodeLetterboxed(image, input, pixels, { maxPixels: MAX_PIXELS, upright: true });
}

/** The median milliseconds of each detector, which take turns. */
async function measure(detectors: readonly Detector[], image: Uint8Array): Promise<number[]> {
  const samples = detectors.map(() => [] as number[]);
  for (let round = 0; round < WARM_UP_ROUNDS + ROUNDS; round++) {
    for (const [index, detector] of detectors.entries()) {
      const place = await show(detector, image);
      const startedAt = performance.now();
      await detector.detect(place);
      if (round >= WARM_UP_ROUNDS) samples[index]?.push(performance.now() - startedAt);
    }
  }
  return samples.map((list) => list.toSorted((a, b) => a - b)[ROUNDS >> 1] ?? NaN);
}

function isSame(a: Detection, b: Detection): boolean {
  return a.label === b.label &&
    intersectionOverUnion(toCorners(a.bbox), toCorners(b.bbox)) >= SAME_OVERLAP;
}
