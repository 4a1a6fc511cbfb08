import { basename, dirname, join } from "node:path";
import { createHash } from "node:crypto";
import { ModelNotFoundError } from "./errors.ts";
import { leanDetector } from "./lean_graph.ts";
import {
  type DetectorLayout,
  inspectDetector,
  type Size,
  specializeDetector,
} from "./onnx_graph.ts";
import { parseOnnx } from "./onnx_schema.ts";

/** A detector that is ready to be loaded. */
export interface PreparedDetector {
  /** The specialized model: its path, or its bytes where the folder cannot be written to. */
  model: string | Uint8Array;
  /** Size of the model's input, and how its outputs are to be read. */
  layout: DetectorLayout;
}

/** Raised when the editing changes, so that graphs edited by an older version are not used. */
const FORMAT_VERSION = 4;

/**
 * Specializes a detector for an input size and a confidence, once: the edited graph is kept next to the model.
 *
 * @param path The model file.
 * @param size Size of the input, in pixels.
 * @param confidence Confidence that detections will have to exceed, between 0 and 1; boxes below it may be missing.
 * @throws {ModelNotFoundError} If there is no such file.
 * @throws {UnknownHeadError} If the model is no detector that can be read.
 */
export async function prepareDetector(
  path: string,
  size: Size,
  confidence: number,
): Promise<PreparedDetector> {
  const source = await readModel(path);
  const model = parseOnnx(source);
  const layout = inspectDetector(model, size);
  const target = specializedPath(path, source, layout.input, confidence);
  if (await exists(target)) return { model: target, layout };
  const bytes = specializeDetector(leanDetector(model, layout, confidence), layout);
  return { model: await writeAtomically(target, bytes) ? target : bytes, layout };
}

async function readModel(path: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(path);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    const message = `Cannot find the model ${path}: run "deno task models" to fetch it`;
    throw new ModelNotFoundError(message, { cause: error });
  }
}

function specializedPath(
  path: string,
  source: Uint8Array,
  { width, height }: Size,
  confidence: number,
): string {
  const hash = createHash("sha256")
    .update(source)
    .update(`${width}x${height} from ${confidence} version ${FORMAT_VERSION}`)
    .digest("hex");
  return join(dirname(path), `${basename(path, ".onnx")}.${hash.slice(0, 16)}.onnx`);
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Returns `false` where the folder cannot be written to, or is full. */
async function writeAtomically(path: string, bytes: Uint8Array): Promise<boolean> {
  const temporary = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeFile(temporary, bytes);
    // A reader finds either no file or a whole one.
    await Deno.rename(temporary, path);
    return true;
  } catch {
    await Deno.remove(temporary).catch(() => {});
    return false;
  }
}
