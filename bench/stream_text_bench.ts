/**
 * Measures what reading text beside a stream costs its detection.
 *
 * Stretches with and without reading take turns within one run, so that whatever else the machine does meets
 * both alike. Only the ratio compares between machines.
 *
 * @module
 */

import { parseArgs } from "node:util";
import sharp from "sharp";
import { PipelineService } from "../lib/pipeline/pipeline_service.ts";
import { quantile } from "./quantile.ts";

const USAGE = `Usage: deno task bench:stream [options]

Measures a stream of 640x480 JPEG frames with objects and moving text, from the bytes of each frame to its
detections, once with its text read beside it (yolo_ocr) and once without (yolo_only).

Options:
  --fps N      Frames a second (default: 12)
  --seconds N  Length of a stretch, after 1 second to settle (default: 5)
  --rounds N   Stretches of each kind (default: 6)
  --workers N  Inference workers (default: 1)
  --threads N  Threads of one inference (default: 2)
  -h, --help   Show this text
`;

const PIPELINES = ["yolo_only", "yolo_ocr"] as const;
const SETTLE_MS = 1000;
const FIXTURES = new URL("../tests/fixtures/", import.meta.url);
/** Places of the text in the image, in pixels: far enough apart that each of its lines has to be read again. */
const PLACES = Array.from({ length: 12 }, (_, index) => ({
  left: 215 + 4 * index,
  top: 10 + 12 * (index % 4),
}));

interface Options {
  fps: number;
  seconds: number;
  rounds: number;
  workers: number;
  threads: number;
}

/** Measurements of a pipeline. */
interface Samples {
  /** From the call to the result, in milliseconds. */
  latencies: number[];
  /** Time of each reading, in milliseconds. */
  readings: number[];
  /** Lines in each result. */
  lines: number[];
}

function parseOptions(): Options | undefined {
  const number = (value: number) => ({ type: "string", default: String(value) } as const);
  const { values } = parseArgs({
    options: {
      fps: number(12),
      seconds: number(5),
      rounds: number(6),
      workers: number(1),
      threads: number(2),
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { help, ...rest } = values;
  if (help) return undefined;
  const options = Object.entries(rest).map(([name, text]) => {
    if (!(Number(text) > 0)) throw new RangeError(`Cannot use --${name} ${text}: expected above 0`);
    return [name, Number(text)];
  });
  return Object.fromEntries(options);
}

/** A dog, a bicycle and a car, with three lines of text that move over them. */
async function createFrames(): Promise<Uint8Array[]> {
  const [dog, text] = await Promise.all(
    ["dog.jpg", "text.jpg"].map((name) => Deno.readFile(new URL(name, FIXTURES))),
  );
  const background = await sharp(dog).resize(640, 480, { fit: "fill" }).toBuffer();
  const board = await sharp(text).resize(360, 270).toBuffer();
  return await Promise.all(PLACES.map(async (place) => {
    const frame = sharp(background).composite([{ input: board, ...place }]);
    return new Uint8Array(await frame.jpeg({ quality: 80 }).toBuffer());
  }));
}

/** Streams frames at a steady rate, and measures those after the first second. */
async function stream(
  service: PipelineService,
  pipeline: string,
  frames: readonly Uint8Array[],
  { fps, seconds }: Options,
  samples: Samples,
): Promise<void> {
  const sessionId = crypto.randomUUID();
  const startedAt = performance.now();
  const count = Math.round((SETTLE_MS / 1000 + seconds) * fps);
  for (let index = 0; index < count; index++) {
    const dueAt = startedAt + index * 1000 / fps;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, dueAt - performance.now())));
    const frame = new Uint8Array(frames[index % frames.length] ?? []);
    const sentAt = performance.now();
    const result = await service.runOnFrame({
      pipelineId: pipeline,
      sessionId,
      frameIndex: index + 1,
      bytes: frame,
    });
    const latency = performance.now() - sentAt;
    if (sentAt - startedAt < SETTLE_MS) continue;
    samples.latencies.push(latency);
    samples.lines.push(result.text_blocks.length);
    if (result.timings_ms.ocr > 0) samples.readings.push(result.timings_ms.ocr);
  }
  service.endSession(sessionId);
  // A last reading must not fall into the next stretch.
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}

async function measure(options: Options): Promise<Samples[]> {
  const { workers, threads, rounds } = options;
  const modelDir = Deno.env.get("MODEL_DIR") || "./models";
  const service = new PipelineService({ modelDir, workers, threads });
  await service.start();
  const frames = await createFrames();
  const samples = PIPELINES.map(() => ({ latencies: [], readings: [], lines: [] } as Samples));
  for (let round = 0; round < rounds; round++) {
    for (const [index, pipeline] of PIPELINES.entries()) {
      await stream(service, pipeline, frames, options, samples[index] as Samples);
    }
  }
  service.stop();
  return samples;
}

function report(samples: readonly Samples[], { fps, workers, threads }: Options): void {
  print(`${fps} frames a second, ${workers} worker(s) of ${threads} threads, milliseconds\n\n`);
  print(
    `${"".padEnd(12)}${["median", "p95", "p99", "frames"].map((h) => h.padStart(9)).join("")}\n`,
  );
  for (const [index, { latencies }] of samples.entries()) {
    const cells = [0.5, 0.95, 0.99].map((share) => quantile(latencies, share).toFixed(1));
    const row = [...cells, String(latencies.length)].map((cell) => cell.padStart(9)).join("");
    print(`${(PIPELINES[index] ?? "").padEnd(12)}${row}\n`);
  }
  const [without, reading] = samples;
  if (without === undefined || reading === undefined) return;
  const ratio = (share: number) =>
    (quantile(reading.latencies, share) / quantile(without.latencies, share)).toFixed(2);
  const { readings, lines } = reading;
  print(
    `\nDetection beside reading takes ${ratio(0.5)} times as long at the median, ` +
      `${ratio(0.95)} times at the 95th percentile\n` +
      `${readings.length} readings of ${quantile(readings, 0.5).toFixed(0)} ms at the median, ` +
      `${quantile(lines, 0.5)} lines in a result\n`,
  );
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

async function main(): Promise<number> {
  let options: Options | undefined;
  try {
    options = parseOptions();
  } catch (error) {
    print(`${(error as Error).message}\n\n${USAGE}`);
    return 2;
  }
  if (options === undefined) {
    print(USAGE);
    return 0;
  }
  report(await measure(options), options);
  return 0;
}

if (import.meta.main) Deno.exit(await main());
