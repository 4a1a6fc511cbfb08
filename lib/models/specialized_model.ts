import type { DetectorLayout } from "../onnx/detector_layout.ts";
import type { Size } from "../image/size.ts";
import { ModelError, UnknownHeadError } from "../onnx/errors.ts";
import { leanDetector } from "../onnx/lean_graph.ts";
import {
  inspectDetector,
  inspectUncutDetector,
  specializeDetector,
} from "../detection/detector_graph.ts";
import { readModelFile } from "../onnx/model_file.ts";
import type { OnnxModel } from "../onnx/onnx_schema.ts";
import { takeSingleImage } from "../onnx/single_image.ts";
import { askShapes, hasOpenShapes } from "./ask_shapes.ts";
import { tryDetector } from "./try_detector.ts";
import { keepGraph, preparedPath, readGraph } from "./prepared_graphs.ts";

/** A detector that is ready to be loaded. */
export interface PreparedDetector {
  /** The model's file. */
  source: string;
  /** Where the specialized graph is kept, if the folder can be written to. */
  path: string;
  /** Size of the graph's input, and how its outputs are to be read. */
  layout: DetectorLayout;
  /** Confidence that detections have to exceed, between 0 and 1; boxes below it may be missing. */
  confidence: number;
}

/** Raised when the editing changes, so that graphs edited by an older version are not used. */
const FORMAT_VERSION = 6;

/**
 * Specializes a detector for an input size and a confidence, once: the edited graph is kept next to the model.
 *
 * @param source The model file.
 * @param size Size of the input, in pixels.
 * @param confidence Confidence that detections will have to exceed, between 0 and 1; boxes below it may be missing.
 * @throws {ModelNotFoundError} If there is no such file.
 * @throws {ModelError} If it cannot be read, or is no detector that can be used.
 */
export async function prepareDetector(
  source: string,
  size: Size,
  confidence: number,
): Promise<PreparedDetector> {
  const { model, ingredients } = await readModelFile(source);
  const layout = await describing(source, () => inspect(model, size, inspectDetector));
  const path = pathFor(source, ingredients, layout.input, confidence);
  const prepared = { source, path, layout, confidence };
  await loadPrepared(prepared);
  return prepared;
}

/**
 * Reads the specialized graph, and makes it again where it is damaged, has been removed, or could not be kept.
 *
 * @returns An ONNX model
 * @throws {ModelError} If it has to be made and its model is gone, is another by now, or cannot be used.
 */
export async function loadPrepared(
  { source, path, layout, confidence }: PreparedDetector,
): Promise<Uint8Array> {
  const kept = await readGraph(path);
  if (kept !== undefined) return kept;
  const { model, ingredients } = await readModelFile(source);
  if (pathFor(source, ingredients, layout.input, confidence) !== path) {
    throw new ModelError(`Cannot use the model ${source}: it has changed; restart the server`);
  }
  const graph = await describing(source, async () => {
    takeSingleImage(model);
    const edited = specializeDetector(leanDetector(model, layout, confidence), layout);
    await tryDetector(edited, layout);
    return edited;
  });
  await keepGraph(path, graph);
  return graph;
}

/** A detector as it was exported, that only takes its pixels otherwise. */
export interface UncutDetector {
  /** An ONNX model. */
  model: Uint8Array;
  /** Size of the graph's input, and how its outputs are to be read. */
  layout: DetectorLayout;
}

/**
 * Reads a detector without specializing it: what the specialized one is to be measured against.
 *
 * @param source The model file.
 * @param size Size of the input, in pixels, where the model has none of its own.
 * @throws {ModelNotFoundError} If there is no such file.
 * @throws {ModelError} If it cannot be read, or is no detector that can be used.
 */
export async function loadUncut(source: string, size: Size): Promise<UncutDetector> {
  const { model } = await readModelFile(source);
  return await describing(source, async () => {
    // One whose head does not run at the size is read by its grids.
    if (hasOpenShapes(model)) await askShapes(model, size).catch(() => {});
    const layout = await inspect(model, size, inspectUncutDetector);
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

/** Recognises a detector; where its outputs leave their shapes open, these are asked for. */
async function inspect(
  model: OnnxModel,
  size: Size,
  by: typeof inspectDetector,
): Promise<DetectorLayout> {
  takeSingleImage(model);
  try {
    return by(model, size);
  } catch (error) {
    if (!(error instanceof UnknownHeadError && hasOpenShapes(model))) throw error;
  }
  await askShapes(model, size);
  return by(model, size);
}

/** What `action` gives; a file can be wrong in more ways than the code that reads it can name. */
async function describing<T>(source: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    const reason = cause instanceof UnknownHeadError
      ? cause.message
      : "it is not a detector that livesyte can read";
    throw new UnknownHeadError(`Cannot use the model ${source}: ${reason}`, { cause });
  }
}

function pathFor(
  source: string,
  ingredients: readonly Uint8Array[],
  { width, height }: Size,
  confidence: number,
): string {
  const settings = `${width}x${height} from ${confidence} version ${FORMAT_VERSION}`;
  return preparedPath(source, [...ingredients, settings]);
}
