/**
 * Measures what decoding a JPEG into the detector's input costs: `deno task bench:decode`.
 *
 * All take turns within one run, so that whatever else the machine does meets all of them alike. Only the ratios compare
 * between machines.
 *
 * @module
 */

import { parseArgs } from "node:util";
import sharp, { type JpegOptions } from "sharp";
import { decodeLetterboxed } from "../lib/image/image_decoder.ts";
import type { Size } from "../lib/image/size.ts";

const USAGE = `Usage: deno task bench:decode [options]

Measures decoding JPEGs of several sizes and kinds into several inputs of the detector.

Options:
  --iterations N  Rounds to measure, after 5 to warm up (default: 100)
  -h, --help      Show this text
`;

const WARM_UP_ROUNDS = 5;

/** What is decoded, and into what. */
interface Case {
  image: Size;
  options?: JpegOptions;
  input: Size;
}

const VGA: Size = { width: 640, height: 480 };
const HD: Size = { width: 1280, height: 720 };
const FULL_HD: Size = { width: 1920, height: 1080 };

/** The first is what the others are compared with. */
const CASES: readonly Case[] = [
  { image: VGA, input: VGA },
  { image: VGA, options: { chromaSubsampling: "4:4:4" }, input: VGA },
  { image: VGA, options: { progressive: true }, input: VGA },
  { image: VGA, input: { width: 512, height: 384 } },
  { image: HD, input: { width: 640, height: 384 } },
  { image: HD, input: { width: 736, height: 416 } },
  { image: FULL_HD, input: { width: 640, height: 384 } },
  { image: FULL_HD, input: { width: 736, height: 416 } },
];

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      iterations: { type: "string", default: "100" },
      help: { type: "boolean", short: "h" },
    },
  });
  const iterations = Number(values.iterations);
  if (values.help || !(iterations >= 1)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  const runs = await Promise.all(CASES.map(prepare));
  for (let round = 0; round < WARM_UP_ROUNDS + iterations; round++) {
    for (const { decode, times } of runs) {
      const startedAt = performance.now();
      await decode();
      if (round >= WARM_UP_ROUNDS) times.push(performance.now() - startedAt);
    }
  }
  print(`${iterations} rounds, milliseconds (median / 95th percentile), times the first\n\n`);
  const first = quantile(runs[0]?.times ?? [], 0.5);
  for (const { name, times } of runs) {
    const median = quantile(times, 0.5);
    const cells = [`${median.toFixed(2)} / ${quantile(times, 0.95).toFixed(2)}`];
    cells.push((median / first).toFixed(2));
    print(name.padEnd(40) + cells.map((cell) => cell.padStart(16)).join("") + "\n");
  }
  return 0;
}

async function prepare({ image, options, input }: Case) {
  const dog = await Deno.readFile(new URL("../tests/fixtures/dog.jpg", import.meta.url));
  const { width, height } = image;
  // As a browser's camera would send it, where nothing else is said.
  const jpeg = new Uint8Array(
    await sharp(dog).resize(width, height).jpeg({ quality: 80, ...options }).toBuffer(),
  );
  const pixels = new Uint8Array(input.width * input.height * 3);
  const kind = options?.progressive ? "progressive" : options?.chromaSubsampling ?? "4:2:0";
  return {
    name: `${width}x${height} ${kind} to ${input.width}x${input.height}`,
    decode: () => decodeLetterboxed(jpeg, input, pixels, { maxPixels: width * height }),
    times: [] as number[],
  };
}

function quantile(list: readonly number[], share: number): number {
  const sorted = list.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) Deno.exit(await main());
