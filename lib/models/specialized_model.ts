import type { PrecisionChoice } from "../config.ts";
import {
  inspectDetector,
  inspectUncutDetector,
  specializeDetector,
  specializeGraph,
} from "../detection/detector_graph.ts";
import { imageInputs } from "../detection/detector_inputs.ts";
import type { Size } from "../image/size.ts";
import { copyResizes } from "../onnx/copy_resizes.ts";
import type { DetectorLayout } from "../onnx/detector_layout.ts";
import { ModelError, UnknownHeadError } from "../onnx/errors.ts";
import { groupPixels } from "../onnx/group_pixels.ts";
import { leanDetector } from "../onnx/lean_graph.ts";
import { type ModelFile, readModelFile } from "../onnx/model_file.ts";
import { type OnnxModel, parseOnnx, serializeOnnx } from "../onnx/onnx_schema.ts";
import { quantizeDetector } from "../onnx/quantize_detector.ts";
import { takeSingleImage } from "../onnx/single_image.ts";
import { hasOpenShapes } from "./open_shapes.ts";
import { type Calibration, findCalibration, hashOf, rangesOf } from "./calibration.ts";
import { MODELS } from "./model_catalog.ts";
import { refuseCustom, refuseOperators } from "./refuse_operators.ts";
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
const ANY_SIZE: Size = { width: 896, height: 384 };

/** Raised when quantizing changes, so that copies made by an older version are not used. */
const FORMAT_VERSION = 7;

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
  const { model, ingredients, network, layout, hasOpenShapes } = await inspect(source, choice.size);
  // Shapes that were asked for are those of one size.
  const other = hasOpenShapes
    ? (await inspect(source, ANY_SIZE)).layout
    : inspectDetector(model, ANY_SIZE);
  const isBound = layout.preprocessing?.fit === "stretch" || other.input.width !== ANY_SIZE.width;
  const hash = hashOf(...ingredients);
  // Those of the catalogue have been tried.
  if (!MODELS.some(({ sha256 }) => sha256 === hash)) {
    await describing(source, async () => {
      // First, since it takes little memory to say no.
      refuseOperators(model, layout.outputs);
      const { tryDetector } = await import("./try_detector.ts");
      await tryDetector(specialize(model, layout, choice.confidence), layout);
    });
  }
  const prepared = {
    ...choice,
    source,
    hash,
    layout,
    ownInput: isBound ? layout.input : undefined,
  };
  if (choice.precision === "fp32") return { ...prepared, copy: undefined };
  const calibration = await calibrationOf(source, network);
  const copy = preparedPath(source, [hash, JSON.stringify(calibration), `${FORMAT_VERSION}`]);
  await readCopy({ ...prepared, copy });
  return { ...prepared, copy };
}

/**
 * Reads a detector as it was exported, for one image.
 *
 * @param size Size of the input, in pixels, where the model has none of its own
 * @throws {ModelNotFoundError} If there is no such file
 * @throws {ModelError} If it cannot be read, or is no detector that can be used
 */
export async function readDetector(
  source: string,
  size: Size,
): Promise<ModelFile & { layout: DetectorLayout }> {
  return await inspect(source, size);
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
  const { ingredients, network } = await readModelFile(source);
  const hash = hashOf(...ingredients);
  if (choice !== "auto") return { hash, precisions: [choice] };
  const isCalibrated = await findCalibration(source, network) !== undefined;
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
  const model = copy === undefined
    ? (await readSame(prepared)).model
    : parseOnnx(await readCopy({ ...prepared, copy }));
  return await describing(source, async () => {
    const layout = await recognize(model, size);
    return { layout, model: specialize(model, layout, confidence) };
  });
}

function specialize(model: OnnxModel, layout: DetectorLayout, confidence: number): Uint8Array {
  specializeGraph(leanDetector(model, layout, confidence), layout);
  groupPixels(model);
  copyResizes(model, layout.input.width);
  return serializeOnnx(model);
}

/** Reads the quantized copy, and makes it again where it is damaged, has been removed, or could not be kept. */
async function readCopy(
  prepared: Omit<PreparedDetector, "copy"> & { copy: string },
): Promise<Uint8Array> {
  const { source, copy, layout } = prepared;
  const kept = await readGraph(copy);
  if (kept !== undefined) return kept;
  const { model, network } = await readSame(prepared);
  const calibration = await calibrationOf(source, network);
  let graph: Uint8Array;
  try {
    graph = quantizeDetector(model, layout, rangesOf(calibration));
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    const message =
      `Cannot compute ${source} with 8 bits: its calibration is that of another network`;
    throw new ModelError(message, { cause });
  }
  await keepGraph(copy, graph);
  return graph;
}

async function readSame(
  { source, hash }: Pick<PreparedDetector, "source" | "hash">,
): Promise<ModelFile> {
  const file = await readModelFile(source);
  if (hashOf(...file.ingredients) === hash) return file;
  throw new ModelError(`Cannot use the model ${source}: it has changed; restart the server`);
}

async function calibrationOf(
  source: string,
  network: readonly Uint8Array[],
): Promise<Calibration> {
  const calibration = await findCalibration(source, network);
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
  const { model } = await readModelFile(source);
  return await describing(source, async () => {
    takeSingleImage(model);
    // One whose head does not run at the size is read by its grids.
    if (hasOpenShapes(model)) await ask(model, size).catch(() => {});
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
  const { model } = await readModelFile(source);
  const isQuantized = model.graph.node.some(({ op_type }) =>
    ["DequantizeLinear", "ConvInteger", "QLinearConv"].includes(op_type)
  );
  return isQuantized ? "8 bits" : "float32";
}

async function inspect(
  source: string,
  size: Size,
): Promise<ModelFile & { layout: DetectorLayout; hasOpenShapes: boolean }> {
  const file = await describing(
    source,
    () => readModelFile(source, (model) => refuseSoon(model, size)),
  );
  const isOpen = hasOpenShapes(file.model);
  const layout = await describing(source, () => recognize(file.model, size));
  return { ...file, layout, hasOpenShapes: isOpen };
}

/** Refuses what its graph alone shows to be no detector. */
function refuseSoon(model: OnnxModel, size: Size): void {
  try {
    imageInputs(model.graph, size);
    takeSingleImage(model);
    if (!hasOpenShapes(model)) inspectDetector(model, size);
  } catch (error) {
    if (error instanceof UnknownHeadError) throw error;
  }
}

/** Recognises a detector; where its outputs leave their shapes open, these are asked for. */
async function recognize(model: OnnxModel, size: Size): Promise<DetectorLayout> {
  takeSingleImage(model);
  try {
    return inspectDetector(model, size);
  } catch (error) {
    if (!(error instanceof UnknownHeadError && hasOpenShapes(model))) throw error;
  }
  // Said of what the runtime would only say that it fails.
  imageInputs(model.graph, size);
  refuseCustom(model, model.graph.output.map(({ name }) => name));
  await ask(model, size);
  return inspectDetector(model, size);
}

/** Loads the runtime only where it is needed: most models are read without, by commands that may load no libraries, too. */
async function ask(model: OnnxModel, size: Size): Promise<void> {
  const { askShapes } = await import("./ask_shapes.ts");
  await askShapes(model, size);
}

/** What `action` gives; a file can be wrong in more ways than the code that reads it can name. */
async function describing<T>(source: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    if (cause instanceof ModelError && !(cause instanceof UnknownHeadError)) throw cause;
    const reason = cause instanceof UnknownHeadError
      ? cause.message
      : "it is not a detector that livesyte can read";
    throw new UnknownHeadError(`Cannot use the model ${source}: ${reason}`, { cause });
  }
}
