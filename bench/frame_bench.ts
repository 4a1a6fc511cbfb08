/**
 * Measures what one frame costs: `deno task bench:frame`.
 *
 * All variants take turns within one run, so that whatever else the machine does meets all of them alike.
 * Only the ratios compare between machines.
 *
 * @module
 */

import { parseArgs } from "node:util";
import sharp from "sharp";
import { defaultModelDirectory, fetchModels } from "../commands/models.ts";
import { runCommand } from "../commands/run_command.ts";
import { UsageError } from "../commands/usage_error.ts";
import { parseConfig, PIPELINE_DEFAULTS } from "../lib/config.ts";
import type { Size } from "../lib/image/size.ts";
import { modelPath, MODELS } from "../lib/models/model_catalog.ts";
import { ModelStore } from "../lib/models/model_store.ts";
import { choosePrecision } from "../lib/models/specialized_model.ts";
import { compareDetectors } from "./comparison/compare_detectors.ts";
import { formatComparison } from "./comparison/comparison.ts";
import {
  frameVariant,
  inferenceVariant,
  plainVariant,
  type Variant,
  type VariantOptions,
} from "./frame_variants.ts";
import { quantile } from "./quantile.ts";

const USAGE = `Usage: deno task bench:frame [options]

Measures a 640x480 JPEG frame from its bytes to its detections, next to the same model driven by a
plain script, and to the inference alone.

Options:
  --iterations N  Rounds to measure, after 5 to warm up (default: 50)
  --threads N     Threads of one inference (default: PIPELINE_THREADS, or 2)
  --peers         Compare with Ultralytics and OpenVINO in place of that, which needs Python 3.11, and at
                  the first time 3 GB from PyPI: back to back, and at a camera's pace
  --images DIR    With --peers: measure accuracy on images with YOLO labels, too, and compare with
                  OpenVINO in 8 bits, which is calibrated on them
  --json FILE     With --images: write the figures to a file
  -h, --help      Show this text

The settings MODEL_DIR, YOLO_MODEL, YOLO_PRECISION, YOLO_CONFIDENCE, YOLO_IOU and PIPELINE_INPUT_SIZE
are those of the server.

Exit codes: 0 when all is done, 2 when something cannot be used.
`;

const FURTHER_SIZES: Size[] = [{ width: 512, height: 384 }, { width: 320, height: 256 }];
const WARM_UP_ROUNDS = 5;
/** The uncut network at 640x640, its threads awake between operations and frames, as they are by default. */
const PLAIN = "plain script";
/** The same, its threads asleep whenever they have nothing to do. */
const PLAIN_IDLE = "plain script, no spinning";

/** Measurements of a variant, by part. */
type Samples = Map<string, number[]>;

interface Options {
  iterations: number;
  threads: number | undefined;
  peers: boolean;
  images: string | undefined;
  json: string | undefined;
}

async function main(): Promise<number> {
  const options = parseOptions();
  if (options === undefined) {
    print(USAGE);
    return 0;
  }
  const { modelDirectory: modelDir, pipeline: settings } = parseConfig(Deno.env.toObject(), {
    modelDirectory: defaultModelDirectory(),
  });
  await fetchModels(new ModelStore(modelDir), MODELS.filter(({ id }) => id === settings.model));
  const path = modelPath(settings.model, modelDir);
  const frame = await createFrame();
  const threads = options.threads ?? settings.threads ?? 2;
  const shared = {
    ...{ frame, path, modelDir, threads },
    settings: { ...settings, threads },
    precision: await choosePrecision(path, settings.precision),
  };
  await (options.peers ? compare(options, shared) : measureVariants(options, shared));
  return 0;
}

function parseOptions(): Options | undefined {
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        iterations: { type: "string", default: "50" },
        threads: { type: "string" },
        peers: { type: "boolean", default: false },
        images: { type: "string" },
        json: { type: "string" },
        help: { type: "boolean", short: "h" },
      },
    }));
  } catch (error) {
    const [reason] = (error as Error).message.split(". ");
    throw new UsageError(`${reason}; see "deno task bench:frame --help"`);
  }
  const { help, peers, images, json } = values;
  if (help) return undefined;
  if (images !== undefined && !peers) throw new UsageError("--images is for --peers");
  if (json !== undefined && images === undefined) throw new UsageError("--json is for --images");
  return {
    iterations: countOf("--iterations", values.iterations),
    threads: values.threads === undefined ? undefined : countOf("--threads", values.threads),
    ...{ peers, images, json },
  };
}

function countOf(name: string, text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1) return count;
  throw new UsageError(`Cannot use ${name} ${text}: expected a whole number from 1`);
}

/** A frame as a browser's camera would send it. */
async function createFrame(): Promise<Uint8Array> {
  const image = await Deno.readFile(new URL("../tests/fixtures/dog.jpg", import.meta.url));
  const resized = sharp(image).resize(640, 480, { fit: "fill" });
  return new Uint8Array(await resized.jpeg({ quality: 80 }).toBuffer());
}

async function compare(
  { images, json }: Options,
  { path: model, frame, settings }: VariantOptions,
): Promise<void> {
  const comparison = await compareDetectors({
    ...{ model, frame, settings, folder: images },
    onProgress: (what) => Deno.stderr.writeSync(new TextEncoder().encode(`${what}\n`)),
  });
  print(formatComparison(comparison));
  if (json !== undefined) {
    await Deno.writeTextFile(json, `${JSON.stringify(comparison, undefined, 2)}\n`);
  }
}

async function measureVariants(
  { iterations }: Options,
  shared: VariantOptions,
): Promise<void> {
  const { threads, settings } = shared;
  const inUse = settings.inputSize ?? PIPELINE_DEFAULTS.inputSize;
  const isDefault = ({ width, height }: Size) => width === inUse.width && height === inUse.height;
  const sizes = [inUse, ...FURTHER_SIZES.filter((size) => !isDefault(size))];
  const withoutSpinning = {
    intraOpNumThreads: threads,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
  const variants = [
    await plainVariant(PLAIN, shared),
    await plainVariant(PLAIN_IDLE, shared, withoutSpinning),
  ].filter((variant) => variant !== undefined);
  for (const size of sizes) variants.push(await frameVariant(frameName(size), size, shared));
  for (const size of sizes) {
    variants.push(await inferenceVariant(inferenceName(size), size, shared));
  }
  const samples = await measure(variants, iterations);
  for (const variant of variants) variant.stop();
  print(`${iterations} rounds, ${threads} threads, milliseconds (median / 95th percentile)\n\n`);
  report(samples, sizes);
}

async function measure(
  variants: readonly Variant[],
  iterations: number,
): Promise<Map<string, Samples>> {
  const samples = new Map(variants.map(({ name }) => [name, new Map() as Samples]));
  for (let round = 0; round < WARM_UP_ROUNDS + iterations; round++) {
    for (const { name, run } of variants) {
      const parts = await run();
      // The plain script's threads spin for a while after each run, which must not slow the next.
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (round < WARM_UP_ROUNDS) continue;
      for (const [part, milliseconds] of Object.entries(parts)) {
        const list = samples.get(name)?.get(part) ?? [];
        list.push(milliseconds);
        samples.get(name)?.set(part, list);
      }
    }
  }
  return samples;
}

function report(samples: Map<string, Samples>, sizes: readonly Size[]): void {
  print(row("", "decode", "detect", "total"));
  for (const [name, parts] of samples) {
    const cells = ["decode", "detect", "total"].map((part) => {
      const list = parts.get(part) ?? [];
      return list.length === 0 ? "" : `${format(list, 0.5)} / ${format(list, 0.95)}`;
    });
    print(row(name, ...cells));
  }
  const total = (name: string) => quantile(samples.get(name)?.get("total") ?? [], 0.5);
  print("\n");
  for (const size of sizes) {
    const frame = total(frameName(size));
    const times = (name: string) => (total(name) / frame).toFixed(2);
    const faster = samples.has(PLAIN)
      ? `${times(PLAIN)} times as fast as the plain script (${
        times(PLAIN_IDLE)
      } without spinning), `
      : "";
    const overhead = (frame / total(inferenceName(size))).toFixed(2);
    print(`${nameOf(size)}: ${faster}${overhead} times the inference alone\n`);
  }
  if (!samples.has(PLAIN)) print("The plain script cannot drive this model\n");
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(30) + cells.map((cell) => cell.padStart(16)).join("") + "\n";
}

function format(list: readonly number[], share: number): string {
  return quantile(list, share).toFixed(1);
}

function nameOf({ width, height }: Size): string {
  return `${width}x${height}`;
}

function frameName(size: Size): string {
  return `frame ${nameOf(size)}`;
}

function inferenceName(size: Size): string {
  return `session.run ${nameOf(size)}`;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) await runCommand(main);
