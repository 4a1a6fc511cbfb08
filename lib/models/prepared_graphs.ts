/**
 * The files of graphs that have been prepared from models: each beside its model, whole, and there as long as it is of use.
 *
 * Several processes may share a folder, so a graph that is in use is locked, and each can cope with one that is gone.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import { serializeMetadata } from "../onnx/onnx_schema.ts";
import { replaceFile } from "../replace_file.ts";

/** Graphs that are kept although nobody uses them, of all models of a folder: those of the settings before. */
export const MOST_UNUSED = 4;

/** Time after which a file that is not complete counts as left behind, in milliseconds. */
const LEFT_BEHIND_MS = 3_600_000;

const NAME = /\.prepared-[0-9a-f]{16}\.onnx$/;
const PART_NAME = /\.prepared-[0-9a-f]{16}\.onnx\.[0-9a-f-]{36}\.part$/;

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
  await replaceFile(path, [graph, sealOf(path, graph)]).catch(() => {});
}

/** A note in ONNX's own format, so that the file stays a model: the SHA-256 of the file's name and what is before the note. */
function sealOf(path: string, graph: Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(basename(path)).update(graph).digest("hex");
  return serializeMetadata(SEAL_KEY, digest);
}

/**
 * Marks a graph as used, for all processes, until the mark is disposed or this process ends.
 *
 * @returns `undefined` where there is no such file, or the file system knows no locks
 */
export async function holdGraph(path: string): Promise<Disposable | undefined> {
  let file: Deno.FsFile | undefined;
  try {
    file = await Deno.open(path);
    await file.lock(false);
    return file;
  } catch {
    file?.close();
    return undefined;
  }
}

/**
 * Removes the graphs of a folder that nobody uses, but for the newest {@linkcode MOST_UNUSED}, and what a process that died
 * has left of one.
 *
 * What cannot be removed stays: it takes space and does no harm.
 */
export async function removeUnused(folder: string): Promise<void> {
  const unused: { path: string; time: number }[] = [];
  for (const path of await listFolder(folder)) {
    const time = (await Deno.stat(path).catch(() => undefined))?.mtime?.getTime() ?? Date.now();
    if (PART_NAME.test(path)) {
      if (Date.now() - time > LEFT_BEHIND_MS) await Deno.remove(path).catch(() => {});
    } else if (NAME.test(path) && !(await isHeld(path))) {
      unused.push({ path, time });
    }
  }
  const newestFirst = unused.toSorted((a, b) => b.time - a.time);
  for (const { path } of newestFirst.slice(MOST_UNUSED)) await Deno.remove(path).catch(() => {});
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => join(folder, name));
  } catch {
    return [];
  }
}

async function isHeld(path: string): Promise<boolean> {
  try {
    using file = await Deno.open(path);
    return !(await file.tryLock(true));
  } catch {
    // Without locks nobody can tell.
    return false;
  }
}
