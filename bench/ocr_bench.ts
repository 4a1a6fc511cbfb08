/**
 * Measures what reading an image costs, next to another port of the same models to JavaScript.
 *
 * Both take turns within one run, so that whatever else the machine does meets both alike. Only the ratio
 * compares between machines.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import sharp from "sharp";
import { runCommand } from "../commands/run_command.ts";
import { ModelStore } from "../lib/models/model_store.ts";
import { type ReadingTimings, TextReader } from "../lib/ocr/text_reader.ts";
import { loadTextModel } from "../lib/models/load_text_model.ts";
import { textModelFiles } from "../lib/models/text_models.ts";
import { compareReaders } from "./comparison/compare_readers.ts";
import { quantile } from "./quantile.ts";

const USAGE = `Usage: deno task bench:ocr [options]

Measures reading the text of a 640x480 JPEG, from its bytes to its lines, next to @gutenye/ocr-node,
which runs the same networks, PP-OCRv4's. Fetches them into MODEL_DIR (default: ./models) where they are missing.

Options:
  --iterations N  Rounds to measure, after 5 to warm up (default: 30)
  --threads N     Threads of one inference (default: 2); the other port uses its defaults
  --peers         Compare a server with its settings with RapidOCR in place of that, in time and in wrong
                  characters; needs Python 3.11, and at the first time 100 MB from PyPI
  -h, --help      Show this text
`;

const WARM_UP_ROUNDS = 5;

const IMAGE = new URL("../tests/fixtures/text.jpg", import.meta.url);

/** The other port, in a process of its own; see `peers/ocr_node.ts`. */
interface OtherPort extends AsyncDisposable {
  /** Reads the image; `elapsed` is in milliseconds. */
  read(): Promise<{ elapsed: number; texts: string[] }>;
}

/** Measurements in milliseconds, by what was measured. */
type Samples = Record<"decode" | keyof ReadingTimings | "total" | "other", number[]>;

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      iterations: { type: "string", default: "30" },
      threads: { type: "string", default: "2" },
      peers: { type: "boolean", default: false },
      help: { type: "boolean", short: "h" },
    },
  });
  const [iterations, threads] = [Number(values.iterations), Number(values.threads)];
  if (values.help || !(iterations >= 1) || !(threads >= 1)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  if (values.peers) {
    print(await compareReaders());
    return 0;
  }
  const reader = await loadReader(threads);
  await using other = startOtherPort();
  const samples: Samples = { decode: [], find: [], recognize: [], total: [], other: [] };
  let texts: { ours: string[]; theirs: string[] } = { ours: [], theirs: [] };
  for (let round = 0; round < WARM_UP_ROUNDS + iterations; round++) {
    if (round === WARM_UP_ROUNDS) { for (const list of Object.values(samples)) list.length = 0; }
    texts = {
      ours: await measureOurs(reader, samples),
      theirs: await measureOther(other, samples),
    };
  }
  await reader.release();
  report(samples, texts, { iterations, threads });
  return 0;
}

async function loadReader(threads: number): Promise<TextReader> {
  const folder = Deno.env.get("MODEL_DIR") || "./models";
  await new ModelStore(folder).fetch(textModelFiles("ch_PP-OCRv4"));
  const models = await loadTextModel(folder, "ch_PP-OCRv4", "auto");
  return await TextReader.create({ ...models, threads });
}

function startOtherPort(): OtherPort {
  const folder = new URL("peers/", import.meta.url);
  const permissions = ["read", "write", "env", "sys", "ffi"].map((name) => `--allow-${name}`);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, "ocr_node.ts", fileURLToPath(IMAGE)],
    cwd: folder,
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const input = child.stdin.getWriter();
  const answers = child.stdout.pipeThrough(new TextDecoderStream())[Symbol.asyncIterator]();
  return {
    async read() {
      await input.write(new TextEncoder().encode("\n"));
      const { value = "" } = await answers.next();
      return JSON.parse(value);
    },
    async [Symbol.asyncDispose]() {
      await input.close();
      await child.status;
    },
  };
}

async function measureOurs(reader: TextReader, samples: Samples): Promise<string[]> {
  const started = performance.now();
  const { data, info } = await sharp(Deno.readFileSync(IMAGE)).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  samples.decode.push(performance.now() - started);
  const { lines, timings } = await reader.read({
    pixels: data,
    width: info.width,
    height: info.height,
  });
  samples.total.push(performance.now() - started);
  samples.find.push(timings.find);
  samples.recognize.push(timings.recognize);
  await rest();
  return lines.map(({ text }) => text);
}

async function measureOther(other: OtherPort, samples: Samples): Promise<string[]> {
  const { elapsed, texts } = await other.read();
  samples.other.push(elapsed);
  await rest();
  return texts;
}

/** The threads of an inference stay awake for a while, which must not slow the next. */
function rest(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}

function report(
  samples: Samples,
  texts: { ours: string[]; theirs: string[] },
  { iterations, threads }: { iterations: number; threads: number },
): void {
  print(`${iterations} rounds, ${threads} threads, milliseconds (median / 95th percentile)\n\n`);
  for (const part of ["decode", "find", "recognize", "total", "other"] as const) {
    const list = samples[part];
    const name = part === "other" ? "@gutenye/ocr-node" : part;
    print(
      `${name.padEnd(20)}${format(list, 0.5).padStart(8)} /${format(list, 0.95).padStart(7)}\n`,
    );
  }
  const ratio = quantile(samples.other, 0.5) / quantile(samples.total, 0.5);
  print(`\n${ratio.toFixed(2)} times as fast\n`);
  print(
    `\nread here:      ${texts.ours.join(" | ")}\nread by other:  ${texts.theirs.join(" | ")}\n`,
  );
}

function format(list: readonly number[], share: number): string {
  return quantile(list, share).toFixed(1);
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

if (import.meta.main) await runCommand(main);
