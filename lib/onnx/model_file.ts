/** Reads model files of others, and says what is wrong with those that cannot be used. @module */

import { dirname, isAbsolute, join, normalize, sep } from "node:path";
import { codeOf, reasonOf } from "../user_error.ts";
import { ModelError, ModelNotFoundError } from "./errors.ts";
import { checkOnnxFile } from "./check_onnx_file.ts";
import { type OnnxModel, type OnnxTensor, parseOnnx } from "./onnx_schema.ts";
import { skimModel } from "./skim_model.ts";
import { widenHalves } from "./widen_halves.ts";

/** A model file, and all that was read for it. */
export interface ModelFile {
  /** The model, with its weights, and computing with 32 bits. */
  model: OnnxModel;
  /** What its graph depends on: the bytes of all files that were read. */
  ingredients: Uint8Array[];
  /** Those that the network is made of, without the notes beside it. */
  network: Uint8Array[];
  /** The paths of those files. */
  files: ReadonlySet<string>;
}

/** Most bytes of a model; the largest detectors have half as many. */
const MOST_BYTES = 1e9;

/** Files of more bytes are looked into before they are read; those of the usual detectors are read at once. */
const LARGE_BYTES = 50e6;

/** `TensorProto.DataLocation` of weights that lie in a file of their own. */
const EXTERNAL = 1;

/** What a file beside a model may say of it, where the model does not: see docs/pipelines.md. */
const SIDECAR_KEYS = ["names", "task", "scores", "resize", "order", "mean", "std"];

/**
 * Reads a model with its weights, wherever they lie, and with the notes beside it (`FILE.json`).
 *
 * @param refuse Looks at a large model, of which the weights have no elements yet, and throws if it is no use to read them
 * @throws {ModelNotFoundError} If there is no such file.
 * @throws {ModelError} If it, or a file that it names, cannot be read or used.
 */
export async function readModelFile(
  path: string,
  refuse: (model: OnnxModel) => void = () => {},
): Promise<ModelFile> {
  const notes = await readSidecar(path);
  const look = (skim: () => OnnxModel) => {
    let model: OnnxModel;
    try {
      model = skim();
      addNotes(model, notes);
      widenHalves(model);
    } catch {
      // What is wrong turns out when all of it is read.
      return;
    }
    refuse(model);
  };
  const bytes = await readBytes(path, look);
  let model: OnnxModel;
  try {
    model = parseOnnx(bytes);
  } catch (cause) {
    const message = `Cannot use the model ${path}: it is no ONNX file, or it is damaged`;
    throw new ModelError(message, { cause });
  }
  if (tensorsOf(model).some(isElsewhere)) look(() => parseOnnx(bytes));
  const ingredients = [bytes];
  const files = new Set([path]);
  for (const tensor of tensorsOf(model)) {
    if (!isElsewhere(tensor)) continue;
    const weights = await readWeights(path, tensor);
    ingredients.push(weights.bytes);
    files.add(weights.name);
  }
  const network = [...ingredients];
  if (notes !== undefined) {
    ingredients.push(notes.bytes);
    files.add(notes.name);
  }
  addNotes(model, notes);
  widenHalves(model);
  return { model, ingredients, network, files };
}

function addNotes(model: OnnxModel, notes: Sidecar | undefined): void {
  if (notes === undefined) return;
  model.metadata_props = model.metadata_props.filter(({ key }) => !notes.entries.has(key));
  for (const [key, value] of notes.entries) model.metadata_props.push({ key, value });
}

async function readBytes(path: string, look: (skim: () => OnnxModel) => void): Promise<Uint8Array> {
  try {
    using file = await Deno.open(path);
    const { size, isFile, isDirectory } = await file.stat();
    if (!isFile) {
      const found = isDirectory ? "it is a folder" : "it is not a file";
      throw new ModelError(`Cannot use the model ${path}: ${found}; an ONNX file works`);
    }
    if (size > MOST_BYTES) throw tooLarge(path, size);
    const wrong = checkOnnxFile(file, size);
    if (wrong !== undefined) throw new ModelError(`Cannot use the model ${path}: ${wrong}`);
    if (size > LARGE_BYTES) look(() => skimModel(file, size));
    return await Deno.readFile(path);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    if (codeOf(cause) !== "ENOENT") {
      throw new ModelError(`Cannot read the model ${path}: ${reasonOf(cause)}`, { cause });
    }
    const message = `Cannot find the model ${path}: check the path, or run "deno task models" ` +
      "to fetch what is missing";
    throw new ModelNotFoundError(message, { cause });
  }
}

function tooLarge(path: string, size: number): ModelError {
  return new ModelError(
    `Cannot use the model ${path}: it has ${
      (size / 1e9).toFixed(1)
    } GB; detectors of up to 1 GB work`,
  );
}

function tensorsOf({ graph }: OnnxModel): OnnxTensor[] {
  const constants = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []));
  return [...graph.initializer, ...constants];
}

function isElsewhere({ data_location }: OnnxTensor): boolean {
  return data_location === EXTERNAL;
}

/** Reads the elements of a tensor from the file that it names, into the tensor. */
async function readWeights(
  path: string,
  tensor: OnnxTensor,
): Promise<{ name: string; bytes: Uint8Array }> {
  const entries = new Map(tensor.external_data?.map(({ key, value }) => [key, value]));
  const location = normalize(entries.get("location") ?? "");
  const isBeside = !isAbsolute(location) && location.split(sep)[0] !== "..";
  if (!isBeside) {
    throw new ModelError(
      `Cannot use the model ${path}: it names weights outside its folder, in ${location}; weights beside it work`,
    );
  }
  const name = join(dirname(path), location);
  let bytes: Uint8Array;
  try {
    using file = await Deno.open(name);
    const { size } = await file.stat();
    const offset = Number(entries.get("offset") ?? 0);
    const length = Number(entries.get("length") ?? size - offset);
    if (!(offset >= 0 && length >= 0 && offset + length <= size && length <= MOST_BYTES)) {
      throw new ModelError(
        `Cannot use the model ${path}: its weights in ${name} are cut short, or those of another`,
      );
    }
    await file.seek(offset, Deno.SeekMode.Start);
    bytes = await readAll(file, length);
  } catch (cause) {
    if (cause instanceof ModelError) throw cause;
    throw new ModelError(
      `Cannot use the model ${path}: its weights have to lie beside it, in ${name}: ${
        reasonOf(cause)
      }`,
      { cause },
    );
  }
  tensor.raw_data = bytes;
  tensor.data_location = 0;
  tensor.external_data = [];
  return { name, bytes };
}

async function readAll(file: Deno.FsFile, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length);
  for (let place = 0; place < length;) {
    const count = await file.read(bytes.subarray(place));
    if (count === null) throw new Error("the file has become shorter");
    place += count;
  }
  return bytes;
}

/** The notes beside a model. */
interface Sidecar {
  name: string;
  bytes: Uint8Array;
  entries: ReadonlyMap<string, string>;
}

async function readSidecar(path: string): Promise<Sidecar | undefined> {
  const name = `${path}.json`;
  const bytes = await Deno.readFile(name).catch(() => undefined);
  if (bytes === undefined) return undefined;
  let notes: unknown;
  try {
    notes = JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    notes = undefined;
  }
  const isObject = typeof notes === "object" && notes !== null && !Array.isArray(notes);
  const entries = new Map(Object.entries(isObject ? notes as Record<string, unknown> : {}));
  const isKnown = isObject && [...entries.keys()].every((key) => SIDECAR_KEYS.includes(key));
  if (!isKnown) {
    const keys = SIDECAR_KEYS.join(", ");
    throw new ModelError(`Cannot use ${name}: expected a JSON object with some of ${keys}`);
  }
  const texts = [...entries].map(([key, value]) =>
    [key, typeof value === "string" ? value : JSON.stringify(value)] as const
  );
  return { name, bytes, entries: new Map(texts) };
}
