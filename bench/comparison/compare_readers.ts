/**
 * Compares livesyte with RapidOCR, which reads text with the same models.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import TEXTS from "../../tests/fixtures/text/texts.json" with { type: "json" };
import { quantile } from "../quantile.ts";
import { characterErrors } from "./character_errors.ts";
import { measureFrames } from "./measure_frames.ts";
import {
  DescriptionSchema,
  type Measurement,
  MeasurementSchema,
  PeerError,
  ReadingSchema,
} from "./peer_answers.ts";
import { PeerProcess } from "./peer_process.ts";
import { pythonWith } from "./python_environment.ts";
import { cpuSeconds, startServer } from "./server_contestant.ts";

const FIXTURES = new URL("../../tests/fixtures/", import.meta.url);
/** 640x480, with three lines. */
const IMAGE = fileURLToPath(new URL("text.jpg", FIXTURES));

const FRAMES = 5;
const TURNS = 6;

/** One of those that are compared. */
interface Reader extends AsyncDisposable {
  name: string;
  /** Measures reading the image with three lines so often. */
  measure(frames: number): Promise<Measurement>;
  /** The text of each line. */
  read(path: string): Promise<string[]>;
}

/** What one of them has come to. */
interface ReaderFigures {
  name: string;
  /** Of the image with three lines, in milliseconds. */
  ms: number[];
  /** What the cores work for it, in milliseconds, in each turn. */
  coreMs: number[];
  /** By image. */
  errors: Record<string, number>;
}

/**
 * Gives both turns, and counts the errors of each on the images whose text is known.
 *
 * @returns A table for a terminal
 * @throws {PeerError} If one of them cannot be had
 */
export async function compareReaders(): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const readers = [stack.use(await startOwn()), stack.use(await startRapidOcr())];
  const figures = readers.map(({ name }): ReaderFigures => ({
    name,
    ms: [],
    coreMs: [],
    errors: {},
  }));
  for (let turn = 0; turn < TURNS; turn++) {
    for (const [index, reader] of readers.entries()) {
      const { ms, cpu_ms } = await reader.measure(FRAMES);
      figures[index]?.ms.push(...ms);
      figures[index]?.coreMs.push(cpu_ms / FRAMES);
    }
  }
  for (const [index, reader] of readers.entries()) {
    for (const [image, texts] of Object.entries(TEXTS)) {
      const read = await reader.read(fileURLToPath(new URL(`text/${image}`, FIXTURES)));
      Object.assign(figures[index]?.errors ?? {}, { [image]: characterErrors(texts, read) });
    }
  }
  return formatFigures(figures);
}

/** livesyte as a server with its settings, asked over HTTP, which is a part of its time. */
async function startOwn(): Promise<Reader> {
  const server = await startServer({});
  const ask = async (path: string): Promise<string[]> => {
    const response = await fetch(new URL("pipelines/ocr_only/run", server.url), {
      method: "POST",
      body: await Deno.readFile(path),
      headers: { "Content-Type": "application/octet-stream" },
    });
    const answer = await response.json();
    if (response.ok) {
      return answer.result.text_blocks.map(({ text }: { text: string }) => text);
    }
    throw new PeerError(`Cannot measure livesyte: it answered ${JSON.stringify(answer)}`);
  };
  const run = async () => {
    await ask(IMAGE);
  };
  return {
    name: "livesyte",
    measure: (frames) =>
      measureFrames({ run, cpuSeconds: () => cpuSeconds(server) }, { frames, intervalMs: 0 }),
    read: ask,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function startRapidOcr(): Promise<Reader> {
  const name = "RapidOCR";
  const python = await pythonWith("text");
  const peer = new PeerProcess({ name, python, script: "rapidocr_peer.py" });
  const description = await peer.ask({}, DescriptionSchema);
  return {
    name: "version" in description ? `${name} ${description.version}` : name,
    measure: (frames) => peer.ask({ image: IMAGE, frames, interval_ms: 0 }, MeasurementSchema),
    read: async (path) => (await peer.ask({ image: path }, ReadingSchema)).texts,
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

function formatFigures(figures: readonly ReaderFigures[]): string {
  const median = (values: readonly number[]) => quantile(values, 0.5);
  const rows = figures.map(({ name, ms, coreMs, errors }) => {
    const [p50, p95] = [median(ms), quantile(ms, 0.95)].map((value) => value.toFixed(1));
    const total = Object.values(errors).reduce((sum, count) => sum + count, 0);
    const counts = Object.entries(errors).filter(([, count]) => count > 0)
      .map(([image, count]) => ` ${image} ${count}`);
    return `${name.padEnd(18)}${p50} / ${p95} ms, ${median(coreMs).toFixed(1)} core-ms; ` +
      `${total} wrong characters${counts.length > 0 ? ":" : ""}${counts.join()}\n`;
  });
  const [own, other] = figures.map(({ ms }) => median(ms));
  const title =
    "An image with three lines (median / 95th percentile), and errors on the images in " +
    "tests/fixtures/text";
  return `${title}\n\n${rows.join("")}\nlivesyte ÷ RapidOCR: ${
    ((own ?? NaN) / (other ?? NaN)).toFixed(2)
  }\n`;
}
