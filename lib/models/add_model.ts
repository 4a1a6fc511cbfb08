/**
 * Puts a detector or a classifier of one's own into the model folder: checked, prepared, named, and its speed measured.
 *
 * @module
 */

import { basename, dirname, join, relative, resolve } from "node:path";
import { PIPELINE_DEFAULTS } from "../config.ts";
import { ModelError } from "../onnx/errors.ts";
import { readModelFile } from "../onnx/model_file.ts";
import { replaceFile } from "../replace_file.ts";
import { isDiskFull, reasonOf } from "../user_error.ts";
import { calibrationPath } from "./calibration.ts";
import { describeMachine } from "./describe_machine.ts";
import { findModel, isModelName, MODELS } from "./model_catalog.ts";
import { tryClassifier } from "./classifier_model.ts";
import { type ModelRole, roleOf } from "./model_role.ts";
import { measureClassification, measureInference } from "./measure_inference.ts";
import { type ModelNotes, notesPath } from "./own_models.ts";
import { choosePrecision, prepareDetector } from "./specialized_model.ts";

/** Options for {@linkcode addModel}. */
export interface AddOptions {
  /** Folder of the model files; made where it is not there. */
  directory: string;
  /** What it is to be called; by default the name of the file without `.onnx`. */
  name?: string | undefined;
  /** SPDX identifier of its licence, if it is known. */
  licence?: string | undefined;
}

/** A model that was added. */
export interface AddedModel {
  /** What it is called. */
  name: string;
  /** What it is for. */
  role: ModelRole;
  /** What was found out about it. */
  notes: ModelNotes;
}

/**
 * Adds a detector or a classifier to the model folder. One that lies there already is only checked and measured.
 *
 * Nothing is copied before it has turned out that the model can be used.
 *
 * @param source Path of an ONNX file; what it needs, and says of itself, in files beside it comes along
 * @throws {ModelNotFoundError} If there is no such file
 * @throws {ModelError} If it cannot be used, or not under that name, or the folder cannot be written to
 */
export async function addModel(source: string, options: AddOptions): Promise<AddedModel> {
  const { directory, licence = null } = options;
  const name = options.name ?? basename(source).replace(/\.onnx$/i, "");
  checkName(source, name);
  const role = roleOf(source);
  const found = role === "classifier"
    ? await addClassifier(source, join(directory, `${name}.onnx`))
    : await addDetector(source, join(directory, `${name}.onnx`));
  const { ms, ...facts } = found;
  const speed = {
    machine: await describeMachine(),
    ms: Math.round(10 * ms) / 10,
    threads: THREADS,
  };
  const notes: ModelNotes = { licence, ...facts, speed };
  await writing(directory, () =>
    Deno.writeTextFile(
      notesPath(directory, name),
      `${JSON.stringify(notes, undefined, 2)}\n`,
    ));
  return { name, role, notes };
}

/** What is found out about a model, with the milliseconds of an inference. */
type Facts = Pick<ModelNotes, "classes" | "input" | "precision"> & { ms: number };

/** Threads on which inferences are measured. */
const THREADS = navigator.hardwareConcurrency;

async function addClassifier(source: string, target: string): Promise<Facts> {
  const { labels, input } = await tryClassifier(source);
  if (resolve(target) !== resolve(source)) await copyFiles(source, target);
  const ms = await measureClassification(target, THREADS);
  return { classes: [...labels], input, precision: "fp32", ms };
}

async function addDetector(source: string, target: string): Promise<Facts> {
  const { inputSize: size, confidence } = PIPELINE_DEFAULTS;
  const checked = await prepareDetector(source, { size, confidence, precision: "fp32" });
  if (resolve(target) !== resolve(source)) await copyFiles(source, target);
  const precision = await choosePrecision(target, "auto");
  const prepared = precision === "fp32"
    ? { ...checked, source: target }
    : await prepareDetector(target, { size, confidence, precision });
  const { labels, input } = prepared.layout;
  const ms = await measureInference(prepared, THREADS);
  return { classes: [...labels], input, precision, ms };
}

function checkName(source: string, name: string): void {
  if (!isModelName(name)) {
    throw new ModelError(
      `Cannot add ${source} as "${name}": a name of up to 64 letters, digits, ".", "_" and "-" works; choose one with --name`,
    );
  }
  const isTaken = findModel(name) !== undefined ||
    MODELS.some(({ file }) => file === `${name}.onnx`);
  if (isTaken) {
    throw new ModelError(
      `Cannot add ${source} as "${name}": livesyte knows another model by this name; choose one with --name`,
    );
  }
}

/** Copies a model with all that is read for it. */
async function copyFiles(source: string, target: string): Promise<void> {
  const { files } = await readModelFile(source);
  const copies = new Map([
    [source, target],
    [`${source}.json`, `${target}.json`],
    [calibrationPath(source), calibrationPath(target)],
  ]);
  // A model names the files of its weights, so that these keep their names.
  for (const file of files) {
    if (!copies.has(file)) {
      copies.set(file, join(dirname(target), relative(dirname(source), file)));
    }
  }
  const pairs = await Promise.all([...copies].map(async ([from, to]) => {
    const bytes = await Deno.readFile(from).catch(() => undefined);
    const before = await Deno.readFile(to).catch(() => undefined);
    if (bytes === undefined || before !== undefined && isSame(bytes, before)) return [];
    if (before === undefined) return [{ bytes, to }];
    throw new ModelError(
      `Cannot add ${source}: there is another ${to}; choose another name with --name, or remove it`,
    );
  }));
  for (const { bytes, to } of pairs.flat()) {
    await writing(dirname(target), async () => {
      await Deno.mkdir(dirname(to), { recursive: true });
      await replaceFile(to, [bytes]);
    });
  }
}

function isSame(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, index) => byte === b[index]);
}

async function writing(directory: string, write: () => Promise<unknown>): Promise<void> {
  try {
    await write();
  } catch (cause) {
    const reason = isDiskFull(cause) ? "the disk is full" : reasonOf(cause);
    throw new ModelError(
      `Cannot write models to ${directory}: ${reason}; set MODEL_DIR to a folder that can be written to`,
      { cause },
    );
  }
}
