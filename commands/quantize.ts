/** Makes a copy of a detector that computes with 8-bit integers: `deno task quantize [IMAGE…]`. */

import type { Size } from "../lib/image/size.ts";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { fileURLToPath } from "node:url";
import type { Detection } from "../lib/protocol/detection.ts";
import { measureRanges } from "../lib/onnx/activation_ranges.ts";
import { Detector } from "../lib/detection/detector.ts";
import { decodeLetterboxed } from "../lib/image/image_decoder.ts";
import type { Letterbox } from "../lib/image/letterbox.ts";
import { findModel } from "../lib/models/model_catalog.ts";
import { inspectDetector, specializeDetector } from "../lib/detection/detector_graph.ts";
import { parseOnnx } from "../lib/onnx/onnx_schema.ts";
import { quantizeDetector, quantizedTensors } from "../lib/onnx/quantize_detector.ts";
import { loadPrepared, prepareDetector } from "../lib/models/specialized_model.ts";
import { defaultModelDirectory } from "./models.ts";
import { runCommand } from "./run_command.ts";
import { UsageError } from "./usage_error.ts";

const USAGE = `Usage: deno task quantize [options] [IMAGE...]

Writes a copy of a detector that computes with 8-bit integers, and compares the two on the images. The
images (by default the test images) should be like those that the detector will see. To use the copy, set
YOLO_MODEL=FILE.

Options:
  --model NAME  A model's name, or the path of an ONNX file (default: yolov8n)
  --out FILE    Where to write the copy (default: the model's name with -int8, in MODEL_DIR)
  -h, --help    Show this text
`;

const INPUT: Size = { width: 512, height: 384 };
const CONFIDENCE = 0.25;
const TEST_IMAGES = ["dog.jpg", "horses.jpg", "person.jpg"];
/** Overlap of two boxes that counts as the same object. */
const SAME_OVERLAP = 0.8;
/** Boxes are compared class by class, since of two classes either may be the likelier one. */
const EACH_CLASS = { agnostic: false };
const ROUNDS = 30;
const WARM_UP_ROUNDS = 3;
const MAX_PIXELS = 268_402_689;

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the program's name.
 * @returns The exit code.
 * @throws {UsageError} If the arguments make no sense, or name what cannot be used.
 */
export async function runQuantize(args: string[]): Promise<number> {
  const { values, positionals } = parseOptions(args);
  if (values.help) {
    print(USAGE);
    return 0;
  }
  const directory = Deno.env.get("MODEL_DIR") || defaultModelDirectory();
  const entry = findModel(values.model);
  const path = entry === undefined ? values.model : join(directory, entry.file);
  const out = values.out ?? join(directory, `${entry?.id ?? "detector"}-int8.onnx`);
  const images = await readImages(positionals);
  const source = await read(path);
  await Deno.writeFile(out, await quantize(source, images));
  const { size } = await Deno.stat(out);
  print(
    `Wrote ${out} (${(size / 1e6).toFixed(1)} MB, before ${(source.length / 1e6).toFixed(1)} MB)\n`,
  );
  await compare(path, out, images);
  return 0;
}

function parseOptions(args: string[]) {
  const options = {
    model: { type: "string", default: "yolov8n" },
    out: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  try {
    return parseArgs({ args, options, allowPositionals: true });
  } catch (error) {
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(`${reason}; see "quantize --help"`);
  }
}

async function read(path: string): Promise<Uint8Array<ArrayBuffer>> {
  return await Deno.readFile(path).catch((cause) => {
    throw new UsageError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  });
}

async function readImages(paths: string[]): Promise<Uint8Array<ArrayBuffer>[]> {
  const fixtures = fileURLToPath(new URL("../tests/fixtures/", import.meta.url));
  const defaults = TEST_IMAGES.map((name) => join(fixtures, name));
  return await Promise.all((paths.length > 0 ? paths : defaults).map(read));
}

/** @throws {UsageError} If the model or an image cannot be used. */
async function quantize(source: Uint8Array, images: Uint8Array[]): Promise<Uint8Array> {
  try {
    // Parsed anew for each edit, which changes it in place.
    const layout = inspectDetector(parseOnnx(source), INPUT);
    const outputs = quantizedTensors(parseOnnx(source), layout);
    const measured = specializeDetector(parseOnnx(source), { ...layout, outputs });
    const ranges = await measureRanges(measured, layout.input, images);
    return quantizeDetector(parseOnnx(source), layout, ranges);
  } catch (cause) {
    throw new UsageError(`Cannot quantize the model: ${(cause as Error).message}`, { cause });
  }
}

/** Tells how much faster the copy is on this machine, and how far the two agree. */
async function compare(path: string, out: string, images: Uint8Array[]): Promise<void> {
  const [original, copy] = await Promise.all([path, out].map(async (file) => {
    const prepared = await prepareDetector(file, INPUT, CONFIDENCE);
    const model = await loadPrepared(prepared);
    const threads = navigator.hardwareConcurrency;
    return await Detector.create({ ...prepared, model, threads, iou: 0.45 });
  })) as [Detector, Detector];
  let [kept, expected, found] = [0, 0, 0];
  for (const image of images) {
    const before = await original.detect(await show(original, image), EACH_CLASS);
    const after = await copy.detect(await show(copy, image), EACH_CLASS);
    expected += before.length;
    found += after.length;
    kept += before.filter((each) => after.some((other) => isSame(each, other))).length;
  }
  print(
    `Of ${expected} objects, the copy finds ${kept} in the same place; it finds ${
      found - kept
    } others\n`,
  );
  const [slow, fast] = await measure([original, copy], images[0] as Uint8Array) as [
    number,
    number,
  ];
  print(
    `${fast.toFixed(1)} ms instead of ${slow.toFixed(1)} ms: ${
      (slow / fast).toFixed(2)
    } times as fast\n`,
  );
  await Promise.all([original.release(), copy.release()]);
}

async function show(detector: Detector, image: Uint8Array): Promise<Letterbox> {
  const { input, pixels, fit } = detector;
  return await decodeLetterboxed(image, input, pixels, { maxPixels: MAX_PIXELS, fit });
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
  const [[ax, ay, aw, ah], [bx, by, bw, bh]] = [a.bbox, b.bbox];
  const width = Math.max(0, Math.min(ax + aw, bx + bw) - Math.max(ax, bx));
  const height = Math.max(0, Math.min(ay + ah, by + bh) - Math.max(ay, by));
  const shared = width * height;
  return a.label === b.label && shared / (aw * ah + bw * bh - shared) >= SAME_OVERLAP;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) await runCommand(() => runQuantize(Deno.args));
