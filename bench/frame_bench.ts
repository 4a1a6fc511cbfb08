/**
 * Measures what one frame costs: `deno task bench:frame`.
 *
 * All variants take turns within one run, so that whatever else the machine does meets all of them alike.
 * Only the ratios compare between machines.
 *
 * @module
 */

import { InferenceSession, Tensor } from "../lib/onnx/onnxruntime.ts";
import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import type { StageTimings } from "../lib/protocol/result.ts";
import { sessionSettings } from "../lib/onnx/session_settings.ts";
import type { Size } from "../lib/image/size.ts";
import { decodeLetterboxed } from "../lib/image/image_decoder.ts";
import { PipelineService } from "../lib/pipeline/pipeline_service.ts";
import { loadDetector, prepareDetector } from "../lib/models/specialized_model.ts";
import { PlainDetector } from "./plain_detector.ts";

const USAGE = `Usage: deno task bench:frame [options]

Measures a 640x480 JPEG frame from its bytes to its detections, next to the same model driven by a
plain script, and to the inference alone.

Options:
  --iterations N  Rounds to measure, after 5 to warm up (default: 50)
  --threads N     Threads of one inference (default: 2)
  -h, --help      Show this text
`;

const DEFAULT_SIZE: Size = { width: 512, height: 384 };
const SIZES: Size[] = [{ width: 640, height: 480 }, DEFAULT_SIZE, { width: 320, height: 256 }];
const WARM_UP_ROUNDS = 5;
/** The uncut network at 640x640, its threads awake between operations and frames, as they are by default. */
const PLAIN = "plain script";
/** The same, its threads asleep whenever they have nothing to do. */
const PLAIN_IDLE = "plain script, no spinning";

/** One thing to measure; gives its parts in milliseconds, `total` among them. */
interface Variant {
  name: string;
  run(): Promise<Partial<Omit<StageTimings, "nodes">> & { total: number }>;
}

/** Measurements of a variant, by part. */
type Samples = Map<string, number[]>;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      iterations: { type: "string", default: "50" },
      threads: { type: "string", default: "2" },
      help: { type: "boolean", short: "h" },
    },
  });
  const [iterations, threads] = [Number(values.iterations), Number(values.threads)];
  if (values.help || !(iterations >= 1) || !(threads >= 1)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  const modelDir = Deno.env.get("MODEL_DIR") || "./models";
  const frame = await createFrame();
  const services = SIZES.map((inputSize) =>
    new PipelineService({ modelDir, inputSize, workers: 1, threads })
  );
  await Promise.all(services.map((service) => service.start()));
  const path = join(modelDir, "yolov8n.onnx");
  const withoutSpinning = {
    intraOpNumThreads: threads,
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  };
  const variants = [
    plainVariant(PLAIN, frame, await PlainDetector.create(path)),
    plainVariant(PLAIN_IDLE, frame, await PlainDetector.create(path, withoutSpinning)),
    ...services.map((service, index) => frameVariant(service, SIZES[index] as Size, frame)),
    ...await Promise.all(SIZES.map((size) => inferenceVariant(modelDir, size, threads, frame))),
  ];
  const samples = await measure(variants, iterations);
  for (const service of services) service.stop();
  report(samples, iterations, threads);
  return 0;
}

/** A frame as a browser's camera would send it. */
async function createFrame(): Promise<Uint8Array> {
  const image = await Deno.readFile(new URL("../tests/fixtures/dog.jpg", import.meta.url));
  const resized = sharp(image).resize(640, 480, { fit: "fill" });
  return new Uint8Array(await resized.jpeg({ quality: 80 }).toBuffer());
}

function plainVariant(
  name: string,
  frame: Uint8Array,
  detector: PlainDetector,
): Variant {
  return {
    name,
    async run() {
      const { timings } = await detector.detect(frame);
      return timings;
    },
  };
}

function frameVariant(service: PipelineService, size: Size, frame: Uint8Array): Variant {
  return {
    name: `frame ${nameOf(size)}`,
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
  };
}

async function inferenceVariant(
  modelDir: string,
  size: Size,
  threads: number,
  frame: Uint8Array,
): Promise<Variant> {
  const choice = { size, confidence: 0.25, precision: "int8" } as const;
  const { model } = await loadDetector(
    await prepareDetector(join(modelDir, "yolov8n.onnx"), choice),
  );
  const session = await InferenceSession.create(model, sessionSettings(threads));
  const pixels = new Uint8Array(size.width * size.height * 3);
  await decodeLetterboxed(frame, size, pixels, { maxPixels: 640 * 480 });
  const input = new Tensor("uint8", pixels, [1, size.height, size.width, 3]);
  return {
    name: `session.run ${nameOf(size)}`,
    async run() {
      const started = performance.now();
      await session.run({ [session.inputNames[0] ?? ""]: input });
      return { total: performance.now() - started };
    },
  };
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

function report(samples: Map<string, Samples>, iterations: number, threads: number): void {
  print(`${iterations} rounds, ${threads} threads, milliseconds (median / 95th percentile)\n\n`);
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
  for (const size of SIZES) {
    const frame = total(`frame ${nameOf(size)}`);
    const times = (milliseconds: number) => (milliseconds / frame).toFixed(2);
    const overhead = frame / total(`session.run ${nameOf(size)}`);
    print(
      `${nameOf(size)}: ${times(total(PLAIN))} times as fast as the plain script ` +
        `(${times(total(PLAIN_IDLE))} without spinning), ` +
        `${overhead.toFixed(2)} times the inference alone\n`,
    );
  }
}

function row(name: string, ...cells: string[]): string {
  return name.padEnd(30) + cells.map((cell) => cell.padStart(16)).join("") + "\n";
}

function format(list: readonly number[], share: number): string {
  return quantile(list, share).toFixed(1);
}

function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function nameOf({ width, height }: Size): string {
  return `${width}x${height}`;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exit(await main());
