/** Finds objects and text in image files: `deno task detect IMAGE…`. */

import { basename, extname, join, resolve } from "node:path";
import sharp from "sharp";
import type { BoundingBox } from "../lib/protocol/geometry.ts";
import type { PipelineResult } from "../lib/protocol/result.ts";
import { formatPercent } from "../lib/image/captions.ts";
import { parseConfig } from "../lib/config.ts";
import { PipelineError } from "../lib/pipeline/errors.ts";
import { reasonOf, UserError } from "../lib/user_error.ts";
// With it the loaders of formats that nobody needs here are closed.
import "../lib/image/image_decoder.ts";
import { LETTERBOX_GREY } from "../lib/image/letterbox.ts";
import type { PixelImage } from "../lib/image/pixel_image.ts";
import { PipelineService } from "../lib/pipeline/pipeline_service.ts";
import { drawFindings, OUTPUT_FORMATS } from "../lib/image/draw_findings.ts";
import { defaultModelDirectory, ensureModels } from "./models.ts";
import { printable } from "./printable.ts";
import { reportError } from "./run_command.ts";
import { tellFallback } from "./tell_fallback.ts";
import { readTiles } from "./read_tiles.ts";
import { readOptions } from "./read_options.ts";
import { UsageError } from "./usage_error.ts";
import { print } from "./write_output.ts";

const USAGE = `Usage: deno task detect [options] IMAGE...

Finds objects and text in JPEG, PNG and WebP images, or in all such images of a folder. Images are
first turned upright by their EXIF orientation; coordinates are pixels of the upright image.

Options:
  --pipeline ID  yolo_ocr (default), yolo_only, plates, ocr_only, or one of your own; classify (default) if
                 YOLO_MODEL is a classifier
  --json         Print one JSON object per image, one a line, instead of tables
  --tiles GRID   Look at tiles too, such as 2x2 or 3x2 (columns x rows, up to 4x4), to find small objects
  --out PATH     Draw what was found into a copy: a file for one image, a folder for several
  -h, --help     Show this text

The settings MODEL_DIR, YOLO_MODEL, YOLO_CONFIDENCE, YOLO_IOU, PIPELINE_DIR, PIPELINE_INPUT_SIZE,
PIPELINE_WORKERS and PIPELINE_THREADS are those of the server; so is PIPELINE_DEVICE, but for auto,
which is cpu here.

Exit codes: 0 if everything succeeded, 2 if anything failed. If one image fails, the others are still done.
`;

/** Most pixels of an image, as in sharp by itself; it is one's own, so the limit for streams would be too strict. */
const MAX_PIXELS = 268_402_689;
/** A scanned page has many lines, and nobody waits for the next frame. */
const TIMEOUT_MS = 120_000;

/** What is to be done. */
interface DetectOptions {
  /** Paths of the images. */
  images: string[];
  /** Its id; the one that is offered first by default. */
  pipeline: string | undefined;
  json: boolean;
  /** Such as `2x2`. */
  tiles: string | undefined;
  /** Where each image's copy goes, in the order of `images`; none where nothing is to be drawn. */
  outputs: string[];
}

/**
 * Runs the command.
 *
 * @param args Command-line arguments, without the program's name and the command's.
 * @returns The exit code: 0, or 2 when an image failed.
 * @throws {UsageError} If the arguments make no sense.
 * @throws {ConfigError} If an environment variable cannot be used.
 * @throws {ModelError} If a model cannot be fetched or used.
 */
export async function runDetect(args: string[]): Promise<number> {
  const options = await parseOptions(args);
  if (options === undefined) {
    await print(USAGE);
    return 0;
  }
  const service = createService(options.tiles);
  const { pipeline: id = service.registry.first } = options;
  if (!service.isValidPipeline(id)) {
    const known = service.registry.list().map(({ id }) => id).join(", ");
    throw new UsageError(`Unknown pipeline ${JSON.stringify(id)}; known are ${known}`);
  }
  const { modelDirectory, pipeline: { model, textModel } } = readConfig();
  await ensureModels(modelDirectory, [model, ...service.registry.modelNames], textModel);
  try {
    await service.start();
    await tellFallback(service);
    return await detectAll(service, { ...options, pipeline: id });
  } finally {
    service.stop();
  }
}

async function parseOptions(args: string[]): Promise<DetectOptions | undefined> {
  const parsed = readOptions("detect", {
    args,
    allowPositionals: true,
    options: {
      pipeline: { type: "string" },
      json: { type: "boolean", default: false },
      out: { type: "string" },
      tiles: { type: "string" },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { values: { pipeline, json, out, tiles, help }, positionals } = parsed;
  if (help) return undefined;
  if (tiles !== undefined) readTiles(tiles);
  if (positionals.length === 0 || positionals.includes("")) {
    throw new UsageError('No image is named; see "detect --help"');
  }
  const images = (await Promise.all(positionals.map(expand))).flat();
  const isOne = positionals.length === 1 && images[0] === positionals[0];
  return {
    images,
    pipeline,
    json,
    tiles,
    outputs: out ? await planOutputs(images, out, isOne) : [],
  };
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isDirectory;
  } catch {
    return false;
  }
}

/** The images in a folder, or the path of a file itself, be there one or not. */
async function expand(path: string): Promise<string[]> {
  if (!await isFolder(path)) return [path];
  const names: string[] = [];
  try {
    for await (const { name, isDirectory } of Deno.readDir(path)) {
      if (!isDirectory && OUTPUT_FORMATS.has(extname(name).toLowerCase())) names.push(name);
    }
  } catch (cause) {
    throw new UsageError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  }
  if (names.length === 0) throw new UsageError(`There is no JPEG, PNG or WebP image in ${path}`);
  return names.sort().map((name) => join(path, name));
}

async function planOutputs(
  images: readonly string[],
  out: string,
  isOne: boolean,
): Promise<string[]> {
  const asFile = isOne && !await isFolder(out);
  const outputs = asFile ? [out] : images.map((path) => join(out, basename(path)));
  const taken = new Set(images.map((path) => resolve(path)));
  for (const output of outputs) {
    if (!OUTPUT_FORMATS.has(extname(output).toLowerCase())) {
      const known = [...OUTPUT_FORMATS.keys()].join(", ");
      throw new UsageError(`Cannot write ${output}: expected a name that ends in one of ${known}`);
    }
    if (taken.has(resolve(output))) {
      throw new UsageError(`Cannot write ${output}: it is an image to read, or is written twice`);
    }
    taken.add(resolve(output));
  }
  return outputs;
}

function readConfig() {
  return parseConfig(Deno.env.toObject(), { modelDirectory: defaultModelDirectory() });
}

function createService(tiles: string | undefined): PipelineService {
  const { modelDirectory, pipeline } = readConfig();
  const { model, textModel, textPrecision, inputSize, precision, confidence, iou } = pipeline;
  const { workers = 1, threads, directory, modelMemoryBytes, licence } = pipeline;
  return new PipelineService({
    modelDir: modelDirectory,
    pipelineDir: directory,
    tiles,
    model,
    textModel,
    textPrecision,
    inputSize,
    precision,
    confidence,
    iou,
    modelMemoryBytes,
    licence,
    workers,
    ...(threads !== undefined && { threads }),
    // To try what the machine may have would take longer than most images.
    device: pipeline.device === "auto" ? "cpu" : pipeline.device,
    maxPixels: MAX_PIXELS,
    frameTimeoutMs: TIMEOUT_MS,
    tracking: false,
  });
}

/** Works through the images, and goes on where one fails. */
async function detectAll(
  service: PipelineService,
  { images, pipeline, json, outputs }: DetectOptions & { pipeline: string },
): Promise<number> {
  const progress = await createProgress(images.length);
  let failed = 0;
  for (const [index, path] of images.entries()) {
    progress.show(index, path);
    const outcome = await detect(service, pipeline, path, outputs[index])
      .catch((error: unknown) => toImageFileError(path, error));
    progress.hide();
    if (outcome instanceof ImageFileError) {
      failed++;
      await reportError(outcome);
    } else {
      await print(json ? toJsonLine(path, outcome) : formatTable(path, outcome));
    }
  }
  return failed > 0 ? 2 : 0;
}

async function detect(
  service: PipelineService,
  pipeline: string,
  path: string,
  output: string | undefined,
): Promise<PipelineResult> {
  const image = await readUpright(path);
  // The pipeline takes the memory of what it is given.
  const given = output === undefined ? image : { ...image, pixels: image.pixels.slice() };
  const result = await service.runOnPixels({
    pipelineId: pipeline,
    sessionId: path,
    frameIndex: 1,
    image: given,
  });
  if (output !== undefined) {
    const drawn = await drawFindings(image, result, extname(output).toLowerCase());
    await writeImage(output, drawn);
  }
  return result;
}

/** Why nothing can be found in an image, or drawn into it. */
class ImageFileError extends UserError {}

async function readUpright(path: string): Promise<PixelImage> {
  const bytes = await Deno.readFile(path).catch((cause) => {
    throw new ImageFileError(`Cannot read ${path}: ${reasonOf(cause)}`, { cause });
  });
  try {
    const image = sharp(bytes, { limitInputPixels: false });
    const { width: across, height: down } = await image.metadata();
    if (across * down > MAX_PIXELS) {
      throw new ImageFileError(
        `Cannot read ${path}: its ${across}x${down} pixels exceed the limit of ${MAX_PIXELS} pixels`,
      );
    }
    const { data, info: { width, height } } = await image.autoOrient()
      .flatten({ background: { r: LETTERBOX_GREY, g: LETTERBOX_GREY, b: LETTERBOX_GREY } })
      .toColourspace("srgb").raw({ depth: "uchar" }).toBuffer({ resolveWithObject: true });
    return { pixels: new Uint8Array(data), width, height };
  } catch (cause) {
    if (cause instanceof ImageFileError) throw cause;
    const message = `Cannot read ${path}: it is not a JPEG, PNG or WebP image, or it is damaged`;
    throw new ImageFileError(message, { cause });
  }
}

async function writeImage(path: string, bytes: Uint8Array): Promise<void> {
  try {
    await Deno.mkdir(resolve(path, ".."), { recursive: true });
    await Deno.writeFile(path, bytes);
  } catch (cause) {
    throw new ImageFileError(`Cannot write ${path}: ${reasonOf(cause)}`, { cause });
  }
}

function toImageFileError(path: string, error: unknown): ImageFileError {
  if (error instanceof ImageFileError) return error;
  const inner = error instanceof PipelineError ? error.cause ?? error : error;
  return new ImageFileError(`Cannot look at ${path}: ${reasonOf(inner)}`, { cause: error });
}

function toJsonLine(file: string, result: PipelineResult): string {
  return `${JSON.stringify({ file, ...result })}\n`;
}

/** What was found, a row each: what it is, how sure that is, and where it lies. */
function formatTable(file: string, { image, ...result }: PipelineResult): string {
  const { detections, classes = [], text_blocks, timings_ms } = result;
  const found = [
    ...detections.map(({ label, confidence, bbox, classes: [best] = [] }) => ({
      name: best === undefined ? label : `${label}, ${best.label}`,
      confidence,
      place: formatPlace(bbox),
    })),
    ...classes.map(({ label, confidence }) => ({ name: label, confidence, place: "whole image" })),
    ...text_blocks.map(({ text, confidence, bbox }) => ({
      name: `"${text}"`,
      confidence,
      place: formatPlace(bbox),
    })),
  ];
  const longest = Math.max(0, ...found.map(({ name }) => name.length));
  const rows = found.map(({ name, confidence, place }) =>
    `  ${name.padEnd(longest)}  ${formatPercent(confidence).padStart(5)}  ${place}`
  );
  const title = `${file}: ${image.width} x ${image.height}, ${Math.round(timings_ms.total)} ms`;
  return [title, ...rows.length > 0 ? rows : ["  nothing found"]].map(printable).join("\n") + "\n";
}

function formatPlace([x, y, width, height]: BoundingBox): string {
  return `${Math.round(width)} x ${Math.round(height)} at ${Math.round(x)}, ${Math.round(y)}`;
}

/** Shows how far the work is, between the lines that it prints. */
interface Progress {
  show(done: number, path: string): void;
  hide(): void;
}

async function createProgress(total: number): Promise<Progress> {
  if (total < 2 || !Deno.stderr.isTerminal()) return { show() {}, hide() {} };
  const { default: { Presets, SingleBar } } = await import("cli-progress");
  const format = "{bar} {value} of {total}, {name}";
  const bar = new SingleBar({ format, clearOnComplete: true }, Presets.shades_classic);
  return {
    show: (done, path) => bar.start(total, done, { name: printable(basename(path)) }),
    hide: () => bar.stop(),
  };
}
