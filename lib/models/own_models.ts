/**
 * The detectors and classifiers in the model folder that people have put there, and what is noted of them.
 *
 * @module
 */

import { join } from "node:path";
import * as v from "valibot";
import { isModelName, MODELS } from "./model_catalog.ts";
import { type ModelRole, roleOf } from "./model_role.ts";

const SideSchema = v.pipe(v.number(), v.integer(), v.minValue(1));

const NotesSchema = v.object({
  /** SPDX identifier, as whoever added it has said; `null` where that was not said. */
  licence: v.nullable(v.string()),
  /** Names of the classes, by their index. */
  classes: v.array(v.string()),
  /** Input for a frame of 640x480, in pixels. */
  input: v.object({ width: SideSchema, height: SideSchema }),
  /** What it computes with. */
  precision: v.picklist(["fp32", "int8"]),
  /** One inference, as it was measured when the model was added. */
  speed: v.object({
    /** The machine that it was measured on; see {@linkcode describeMachine}. */
    machine: v.string(),
    /** Milliseconds; the median of several. */
    ms: v.number(),
    /** Threads that it ran on. */
    threads: SideSchema,
  }),
});

/** What is noted of a model that was added. */
export type ModelNotes = v.InferOutput<typeof NotesSchema>;

/** A detector or a classifier that somebody has put into the model folder. */
export interface OwnModel {
  /** Name of its file without `.onnx`; what `YOLO_MODEL` and nodes call it. */
  name: string;
  /** What it is for. */
  role: ModelRole;
  /** In bytes. */
  size: number;
  /** `undefined` for a file that was put there by hand, without `deno task models add`. */
  notes: ModelNotes | undefined;
}

/** Copies that are made of models, which are none of their own. */
const PREPARED = /\.prepared-[0-9a-f]{16}\.onnx$/;

/** Where the notes on a model are kept. */
export function notesPath(directory: string, name: string): string {
  return join(directory, `${name}.model.json`);
}

/** The models in a folder that are not of the catalogue, by their name; none where it cannot be read. */
export async function listOwnModels(directory: string): Promise<OwnModel[]> {
  const files = await Array.fromAsync(Deno.readDir(directory)).catch(() => []);
  const names = files.map(({ name }) => name)
    .filter((file) => file.endsWith(".onnx") && !PREPARED.test(file))
    .filter((file) => !MODELS.some((model) => model.file === file))
    .map((file) => file.slice(0, -".onnx".length)).filter(isModelName);
  const models = await Promise.all(
    names.toSorted().map(async (name) => {
      const path = join(directory, `${name}.onnx`);
      const info = await Deno.stat(path).catch(() => undefined);
      if (info?.isFile !== true) return [];
      const notes = await readNotes(directory, name);
      return [{ name, role: roleOf(path), size: info.size, notes }];
    }),
  );
  return models.flat();
}

async function readNotes(directory: string, name: string): Promise<ModelNotes | undefined> {
  try {
    return v.parse(NotesSchema, JSON.parse(await Deno.readTextFile(notesPath(directory, name))));
  } catch {
    return undefined;
  }
}
