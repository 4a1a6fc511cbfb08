/**
 * The files of graphs that have been prepared from models, each beside its model.
 *
 * Several processes may share a folder, so each can cope with a graph that is gone.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { serializeMetadata } from "./onnx_schema.ts";

/** Key of the entry at the end of a file that tells whether it is whole. */
const SEAL_KEY = "livesyte.sha256";
const SEAL_LENGTH = sealOf("", new Uint8Array()).length;

/**
 * Where the graph that is made from a model is kept.
 *
 * @param modelPath The model's file
 * @param ingredients All that the graph depends on
 */
export function preparedPath(
  modelPath: string,
  ingredients: readonly (string | Uint8Array)[],
): string {
  const hash = createHash("sha256");
  for (const ingredient of ingredients) hash.update(ingredient);
  const name = `${basename(modelPath, ".onnx")}.prepared-${hash.digest("hex").slice(0, 16)}.onnx`;
  return join(dirname(modelPath), name);
}

/** Reads a graph; `undefined` where it is missing, damaged, or another than its name says. */
export async function readGraph(path: string): Promise<Uint8Array | undefined> {
  let bytes: Uint8Array;
  try {
    bytes = await Deno.readFile(path);
  } catch {
    return undefined;
  }
  const end = Math.max(0, bytes.length - SEAL_LENGTH);
  const graph = bytes.subarray(0, end);
  const seal = sealOf(path, graph);
  return seal.every((byte, index) => byte === bytes[end + index]) ? graph : undefined;
}

/** Writes a graph; where the folder cannot be written to, or is full, nothing is kept. */
export async function keepGraph(path: string, graph: Uint8Array): Promise<void> {
  const temporary = `${path}.${crypto.randomUUID()}.part`;
  try {
    await Deno.writeFile(temporary, graph);
    await Deno.writeFile(temporary, sealOf(path, graph), { append: true });
    // A reader finds either no file or a whole one.
    await Deno.rename(temporary, path);
  } catch {
    await Deno.remove(temporary).catch(() => {});
  }
}

/** A note in ONNX's own format, so that the file stays a model: the SHA-256 of the file's name and what is before the note. */
function sealOf(path: string, graph: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(basename(path)).update(graph).digest("hex");
  return serializeMetadata(SEAL_KEY, digest);
}
