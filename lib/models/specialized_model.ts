import type { DetectorLayout } from "../onnx/detector_layout.ts";
import type { Size } from "../image/size.ts";
import { reasonOf } from "../user_error.ts";
import { ModelError, ModelNotFoundError } from "../onnx/errors.ts";
import { leanDetector } from "../onnx/lean_graph.ts";
import {
  inspectDetector,
  inspectUncutDetector,
  specializeDetector,
} from "../detection/detector_graph.ts";
import { type OnnxModel, parseOnnx } from "../onnx/onnx_schema.ts";
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
const FORMAT_VERSION = 5;

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
  const bytes = await readModel(source);
  const layout = describing(noDetector(source), () => inspectDetector(parse(source, bytes), size));
  const path = pathFor(source, bytes, layout.input, confidence);
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
  const bytes = await readModel(source);
  if (pathFor(source, bytes, layout.input, confidence) !== path) {
    throw new ModelError(`Cannot use the model ${source}: it has changed; restart the server`);
  }
  const model = parse(source, bytes);
  const graph = describing(
    noDetector(source),
    () => specializeDetector(leanDetector(model, layout, confidence), layout),
  );
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

function pathFor(
  source: string,
  bytes: Uint8Array,
  { width, height }: Size,
  confidence: number,
): string {
  const settings = `${width}x${height} from ${confidence} version ${FORMAT_VERSION}`;
  return preparedPath(source, [bytes, settings]);
}
