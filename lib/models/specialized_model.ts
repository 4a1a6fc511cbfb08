import type { PrecisionChoice } from "../config.ts";
import {
  inspectDetector,
  inspectUncutDetector,
  specializeDetector,
  specializeGraph,
} from "../detection/detector_graph.ts";
import type { Size } from "../image/size.ts";
import { copyResizes } from "../onnx/copy_resizes.ts";
import type { DetectorLayout } from "../onnx/detector_layout.ts";
import { ModelError, ModelNotFoundError } from "../onnx/errors.ts";
import { groupPixels } from "../onnx/group_pixels.ts";
import { leanDetector } from "../onnx/lean_graph.ts";
import { type OnnxModel, parseOnnx, serializeOnnx } from "../onnx/onnx_schema.ts";
import { quantizeDetector } from "../onnx/quantize_detector.ts";
import { reasonOf } from "../user_error.ts";
import { type Calibration, findCalibration, hashOf, rangesOf } from "./calibration.ts";
import { keepGraph, preparedPath, readGraph } from "./prepared_graphs.ts";

/** The numbers that a detector computes with. */
export type Precision = "fp32" | "int8";

/** What a detector is to be prepared for. */
export interface DetectorChoice {
  /** Size of the input, in pixels, where the model has none of its own. */
  size: Size;
  /** Confidence that detections will have to exceed, between 0 and 1; boxes below it may be missing. */
  confidence: number;
  /** What it is to compute with. */
  precision: Precision;
}

/** A detector that has been looked into, and can be loaded for any input that it works at. */
export interface PreparedDetector extends DetectorChoice {
  /** The model's file. */
  source: string;
  /** SHA-256 of its content, in hexadecimal. */
  hash: string;
  /** Where the copy that computes with integers is kept, if the folder can be written to; `undefined` for float32. */
  copy: string | undefined;
  /** For the size that was asked for. */
  layout: DetectorLayout;
  /** The input that the model works at, in pixels, where it works at no other; else `undefined`. */
  ownInput: Size | undefined;
}

/** A detector's graph for one input. */
export interface SpecializedDetector {
  /** An ONNX model. */
  model: Uint8Array;
  /** Size of the graph's input, and how its outputs are to be read. */
  layout: DetectorLayout;
}

/** An input that no model has by itself, in pixels, to see whether one takes what is asked for. */
const ANY_SIZE: Size = { width: 608, height: 352 };

/** Raised when quantizing changes, so that copies made by an older version are not used. */
const FORMAT_VERSION = 6;

/**
 * Looks into a detector, and quantizes it if it is to compute with integers: the copy is kept beside the model.
 *
 * @param source The model's file
 * @throws {ModelNotFoundError} If there is no such file
 * @throws {ModelError} If it cannot be read, is no detector that can be used, or has no calibration and needs one
 */
export async function prepareDetector(
  source: string,
  choice: DetectorChoice,
): Promise<PreparedDetector> {
  const bytes = await readModel(source);
  const inspect = (size: Size) =>
    describing(noDetector(source), () => inspectDetector(parse(source, bytes), size));
  const layout = inspect(choice.size);
  const ownInput = inspect(ANY_SIZE).input.width === ANY_SIZE.width ? undefined : layout.input;
  const hash = hashOf(bytes);
  const prepared = { ...choice, source, hash, layout, ownInput };
  if (choice.precision === "fp32") return { ...prepared, copy: undefined };
  const calibration = await calibrationOf(source, bytes);
  const copy = preparedPath(source, [hash, JSON.stringify(calibration), `${FORMAT_VERSION}`]);
  await readCopy({ ...prepared, copy });
  return { ...prepared, copy };
}

/**
 * Reads a detector's file.
 *
 * @throws {ModelNotFoundError} If there is no such file
 * @throws {ModelError} If it cannot be read, or is no detector that can be used
 */
export async function readDetector(source: string): Promise<Uint8Array> {
  const bytes = await readModel(source);
  describing(noDetector(source), () => inspectDetector(parse(source, bytes), ANY_SIZE));
  return bytes;
}

/** What a detector can compute with. */
export interface PossiblePrecisions {
  /** SHA-256 of the model's file, in hexadecimal. */
  hash: string;
  /** Those that there is a choice of, the one that is faster on most processors first. */
  precisions: [Precision, ...Precision[]];
}

/**
 * What a detector can compute with: 8 bits need a calibration.
 *
 * @throws {ModelError} If the model or its calibration cannot be read
 */
export async function possiblePrecisions(
  source: string,
  choice: PrecisionChoice,
): Promise<PossiblePrecisions> {
  const bytes = await readModel(source);
  const hash = hashOf(bytes);
  if (choice !== "auto") return { hash, precisions: [choice] };
  const isCalibrated = await findCalibration(source, bytes) !== undefined;
  return { hash, precisions: isCalibrated ? ["int8", "fp32"] : ["fp32"] };
}

/**
 * What a detector computes with where nothing is measured: for `auto` 8 bits, if it is calibrated.
 *
 * @throws {ModelError} If the model or its calibration cannot be read
 */
export async function choosePrecision(source: string, choice: PrecisionChoice): Promise<Precision> {
  const { precisions: [first] } = await possiblePrecisions(source, choice);
  return first;
}

/**
 * Specializes a detector for an input.
 *
 * @param size Size of the input, in pixels, where the model has none of its own
 * @throws {ModelError} If the model is gone, is another by now, or cannot be used
 */
export async function loadDetector(
  prepared: PreparedDetector,
  size: Size = prepared.size,
): Promise<SpecializedDetector> {
  const { source, copy, confidence } = prepared;
  const bytes = copy === undefined
    ? await readSame(prepared)
    : await readCopy({ ...prepared, copy });
  return describing(noDetector(source), () => {
    const model = parse(source, bytes);
    const layout = inspectDetector(model, size);
    specializeGraph(leanDetector(model, layout, confidence), layout);
    groupPixels(model);
    copyResizes(model, layout.input.width);
    return { layout, model: serializeOnnx(model) };
  });
}

/** Reads the quantized copy, and makes it again where it is damaged, has been removed, or could not be kept. */
async function readCopy(
  prepared: Omit<PreparedDetector, "copy"> & { copy: string },
): Promise<Uint8Array> {
  const { source, copy, layout } = prepared;
  const kept = await readGraph(copy);
  if (kept !== undefined) return kept;
  const bytes = await readSame(prepared);
  const calibration = await calibrationOf(source, bytes);
  const graph = describing(
    `Cannot compute ${source} with 8 bits: its calibration is that of another network`,
    () => quantizeDetector(parse(source, bytes), layout, rangesOf(calibration)),
  );
  await keepGraph(copy, graph);
  return graph;
}

async function readSame({ source, hash }: Pick<PreparedDetector, "source" | "hash">) {
  const bytes = await readModel(source);
  if (hashOf(bytes) === hash) return bytes;
  throw new ModelError(`Cannot use the model ${source}: it has changed; restart the server`);
}

async function calibrationOf(source: string, bytes: Uint8Array): Promise<Calibration> {
  const calibration = await findCalibration(source, bytes);
  if (calibration !== undefined) return calibration;
  throw new ModelError(
    `Cannot compute ${source} with 8 bits: it is not calibrated; ` +
      `run "deno task quantize --model ${source} --images FOLDER", or set YOLO_PRECISION=fp32`,
  );
}

/**
 * Reads a detector without specializing it: what the specialized one is to be measured against.
 *
 * @param source The model file.
 * @param size Size of the input, in pixels, where the model has none of its own.
 * @throws {ModelNotFoundError} If there is no such file.
 * @throws {ModelError} If it cannot be read, or is no detector that can be used.
 */
export async function loadUncut(source: string, size: Size): Promise<SpecializedDetector> {
  const model = parse(source, await readModel(source));
  return describing(noDetector(source), () => {
    const layout = inspectUncutDetector(model, size);
    return { layout, model: specializeDetector(model, layout) };
  });
}

/**
 * What a detector computes with.
 *
 * @throws {ModelError} If the file cannot be read.
 */
export async function arithmeticOf(source: string): Promise<"float32" | "8 bits"> {
  const { graph } = parse(source, await readModel(source));
  const isQuantized = graph.node.some(({ op_type }) => op_type === "DequantizeLinear");
  return isQuantized ? "8 bits" : "float32";
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (cause) {
    if (!(cause instanceof Deno.errors.NotFound)) {
      throw new ModelError(`Cannot read the model ${path}: ${reasonOf(cause)}`, { cause });
    }
    const message =
      `Cannot find the model ${path}: run "deno task models" to fetch what is missing`;
    throw new ModelNotFoundError(message, { cause });
  }
}

function parse(source: string, bytes: Uint8Array): OnnxModel {
  const message = `Cannot use the model ${source}: it is no ONNX file, or it is damaged`;
  return describing(message, () => parseOnnx(bytes));
}

function noDetector(source: string): string {
  return `Cannot use the model ${source}: it is not a detector that livesyte can read`;
}

/** What `action` gives; a file can be wrong in more ways than the code that reads it can name. */
function describing<T>(message: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw cause instanceof ModelError ? cause : new ModelError(message, { cause });
  }
}
