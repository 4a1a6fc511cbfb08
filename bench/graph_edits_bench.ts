/**
 * Measures what each edit of the networks' graphs saves: `deno task bench:edits`.
 *
 * All variants take turns within one run, on one thread. Only the ratios compare between machines.
 *
 * @module
 */

import { join } from "node:path";
import { parseArgs } from "node:util";
import sharp from "sharp";
import {
  inspectDetector,
  specializeDetector,
  specializeGraph,
} from "../lib/detection/detector_graph.ts";
import { prepareDetector } from "../lib/models/specialized_model.ts";
import { copyResizes } from "../lib/onnx/copy_resizes.ts";
import { groupPixels } from "../lib/onnx/group_pixels.ts";
import { leanDetector } from "../lib/onnx/lean_graph.ts";
import { boundBoxes } from "../lib/onnx/bound_boxes.ts";
import { STRIDES } from "../lib/onnx/detector_layout.ts";
import { InferenceSession, Tensor } from "../lib/onnx/onnxruntime.ts";
import { readScalarConstants } from "../lib/onnx/scalar_constants.ts";
import { dropTinyWeights } from "../lib/onnx/drop_tiny_weights.ts";
import { foldActivations } from "../lib/onnx/fold_activations.ts";
import type { Size } from "../lib/image/size.ts";
import {
  type OnnxGraph,
  type OnnxModel,
  parseOnnx,
  serializeOnnx,
} from "../lib/onnx/onnx_schema.ts";
import { partConvolutions } from "../lib/onnx/part_convolutions.ts";
import { sessionSettings } from "../lib/onnx/session_settings.ts";
import { prepareTextDetector, prepareTextRecognizer } from "../lib/ocr/graphs/text_graphs.ts";
import { TEXT_MODEL_NAMES, type TextModelName } from "../lib/config.ts";
import { loadTextModel } from "../lib/models/load_text_model.ts";
import { TEXT_MODEL_TRAITS, textModelFiles } from "../lib/models/text_models.ts";

const USAGE = `Usage: deno task bench:edits [options]

Measures what each edit of the networks' graphs saves, on one thread.

Options:
  --rounds N  Rounds to measure, after 3 to warm up (default: 30)
  -h, --help  Show this text
`;

const WARM_UP_ROUNDS = 3;
const SIZE = { width: 640, height: 640 };
/** That of the confidence of 0.25, which is the default. */
const LEAST_LOGIT = Math.log(0.25 / 0.75);

/** A network to run, and what is fed to it. */
interface Variant {
  name: string;
  session: InferenceSession;
  feeds: Record<string, Tensor>;
  /** What has to be computed in JavaScript before each run. */
  prepare?: () => void;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      rounds: { type: "string", default: "30" },
      help: { type: "boolean", short: "h" },
    },
  });
  const rounds = Number(values.rounds);
  if (values.help || !(rounds >= 1)) {
    print(USAGE);
    return values.help ? 0 : 2;
  }
  const modelDir = Deno.env.get("MODEL_DIR") || "./models";
  const variants = [...await detectors(modelDir), ...await integerDetectors(modelDir)];
  for (const model of TEXT_MODEL_NAMES) variants.push(...await readers(modelDir, model));
  const samples = new Map(variants.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < WARM_UP_ROUNDS + rounds; round++) {
    for (const { name, session, feeds, prepare } of variants) {
      const startedAt = performance.now();
      prepare?.();
      await session.run(feeds);
      const ms = performance.now() - startedAt;
      if (round >= WARM_UP_ROUNDS) samples.get(name)?.push(ms);
    }
  }
  for (const [name, list] of samples) print(`${name.padEnd(52)} ${median(list).toFixed(1)} ms\n`);
  return 0;
}

async function detectors(modelDir: string): Promise<Variant[]> {
  const bytes = await Deno.readFile(join(modelDir, "yolov8n.onnx"));
  const pixels = await readPixels("dog.jpg", SIZE);
  const whole = await createSession(bytes);
  const planes = new Float32Array(pixels.length);
  const edited = async (...edits: ("part" | "bound")[]) => {
    const model = parseOnnx(bytes);
    const layout = inspectDetector(model, SIZE);
    if (edits.includes("part")) partConvolutions(model);
    if (edits.includes("bound")) {
      STRIDES.forEach((stride, index) => {
        const [boxes = "", classes = ""] = layout.outputs.slice(2 * index);
        const grid = { rows: SIZE.height / stride, columns: SIZE.width / stride };
        boundBoxes(model.graph, { boxes, classes }, grid, LEAST_LOGIT);
      });
    }
    return await createSession(specializeDetector(model, layout));
  };
  const feed = new Tensor("uint8", pixels, [1, SIZE.height, SIZE.width, 3]);
  const fed = (name: string, session: InferenceSession): Variant => ({
    name,
    session,
    feeds: { [session.inputNames[0]]: feed },
  });
  return [
    {
      name: "detector as it is",
      session: whole,
      feeds: {
        [whole.inputNames[0]]: new Tensor("float32", planes, [1, 3, SIZE.height, SIZE.width]),
      },
      prepare: () => toPlanes(pixels, planes),
    },
    fed("detector, head cut and pixels in", await edited()),
    fed("detector, and convolutions parted", await edited("part")),
    fed("detector, and boxes bounded", await edited("bound")),
    fed("detector, all edits", await edited("part", "bound")),
  ];
}

/** The detector with 8-bit integers, whose boxes are bounded in any case. */
async function integerDetectors(modelDir: string): Promise<Variant[]> {
  const path = join(modelDir, "yolov8n.onnx");
  const choice = { size: SIZE, confidence: 0.25, precision: "int8" } as const;
  const { copy = "" } = await prepareDetector(path, choice);
  const quantized = await Deno.readFile(copy);
  const pixels = await readPixels("dog.jpg", SIZE);
  const feed = new Tensor("uint8", pixels, [1, SIZE.height, SIZE.width, 3]);
  const edited = async (name: string, ...edits: ((model: OnnxModel) => void)[]) => {
    const model = parseOnnx(quantized);
    const layout = inspectDetector(model, SIZE);
    specializeGraph(leanDetector(model, layout, choice.confidence), layout);
    for (const edit of edits) edit(model);
    const session = await createSession(serializeOnnx(model));
    return { name, session, feeds: { [session.inputNames[0]]: feed } };
  };
  const copied = (model: OnnxModel) => copyResizes(model, SIZE.width);
  return [
    await edited("8-bit detector"),
    await edited("8-bit detector, and pixels grouped", groupPixels),
    await edited("8-bit detector, and grids copied", copied),
    await edited("8-bit detector, all edits", groupPixels, copied),
  ];
}

/** Networks for text, on random pixels, since what they see changes nothing in how long they take. */
async function readers(modelDir: string, model: TextModelName): Promise<Variant[]> {
  const [finding, reading] = await Promise.all(
    textModelFiles(model).map(({ file }) => Deno.readFile(join(modelDir, file))),
  );
  const page = { width: 640, height: 480 };
  const line = { width: 320, height: 48 };
  const edits = [
    ["as it is", (bytes: Uint8Array) => bytes],
    ["tiny weights dropped", (bytes: Uint8Array) => edit(bytes, dropTinyWeights)],
    ["activations folded, too", (bytes: Uint8Array) => edit(bytes, dropTinyWeights, fold)],
  ] as const;
  const variants: Variant[] = [];
  for (const [what, apply] of edits) {
    variants.push(await floatVariant(`${model} detector ${what}`, apply(finding), page));
    variants.push(await floatVariant(`${model} recognizer ${what}`, apply(reading), line));
  }
  const { ranges } = await loadTextModel(modelDir, model, "auto");
  const { finding: range } = TEXT_MODEL_TRAITS[model];
  for (const used of ranges === undefined ? [undefined] : [undefined, ranges]) {
    const what = used === undefined ? "all edits" : "all edits, 8 bits";
    const detector = prepareTextDetector(finding, range, used?.detector);
    const recognizer = prepareTextRecognizer(reading, used?.recognizer);
    variants.push(await byteVariant(`${model} detector, ${what}`, detector, page));
    variants.push(await byteVariant(`${model} recognizer, ${what}`, recognizer, line));
  }
  return variants;
}

function edit(bytes: Uint8Array, ...edits: ((graph: OnnxGraph) => void)[]): Uint8Array {
  const model = parseOnnx(bytes);
  for (const each of edits) each(model.graph);
  return serializeOnnx(model);
}

function fold(graph: OnnxGraph): void {
  foldActivations(graph, readScalarConstants(graph));
}

async function floatVariant(name: string, bytes: Uint8Array, size: Size): Promise<Variant> {
  const session = await createSession(bytes);
  const values = Float32Array.from(noise(size), (value) => value / 127.5 - 1);
  const tensor = new Tensor("float32", values, [1, 3, size.height, size.width]);
  return { name, session, feeds: { [session.inputNames[0]]: tensor } };
}

async function byteVariant(name: string, bytes: Uint8Array, size: Size): Promise<Variant> {
  const session = await createSession(bytes);
  const tensor = new Tensor("uint8", noise(size), [1, size.height, size.width, 3]);
  return { name, session, feeds: { [session.inputNames[0]]: tensor } };
}

function createSession(bytes: Uint8Array): Promise<InferenceSession> {
  return InferenceSession.create(bytes, sessionSettings(1));
}

function noise({ width, height }: Size): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, () => Math.random() * 256);
}

async function readPixels(name: string, { width, height }: Size): Promise<Uint8Array> {
  const image = sharp(await Deno.readFile(new URL(`../tests/fixtures/${name}`, import.meta.url)));
  return await image.resize(width, height, { fit: "fill" }).raw().toBuffer();
}

/** What a plain script does before each run: `[height, width, 3]` bytes to `[3, height, width]` shares of 1. */
function toPlanes(pixels: Uint8Array, planes: Float32Array): void {
  const size = pixels.length / 3;
  for (let index = 0; index < size; index++) {
    for (let channel = 0; channel < 3; channel++) {
      planes[channel * size + index] = pixels[index * 3 + channel] / 255;
    }
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

Deno.exit(await main());
