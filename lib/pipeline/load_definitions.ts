/**
 * The pipelines in the folder `pipelines/`, and those of the operator.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { join } from "node:path";
import type { ModelRole } from "../models/model_role.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { reasonOf } from "../user_error.ts";
import { DefinitionError } from "./errors.ts";
import { validateDefinition } from "./pipeline_definition.ts";

/** Most bytes of a file; real ones have some hundred. */
const MAX_FILE_BYTES = 1_000_000;

/** Most faults of a file that are told at once; the rest often follows from them. */
const TOLD = 3;

/** Ids of the built-in pipelines, by what the model of all nodes is, in the order in which they are offered. */
const BUILT_IN: Readonly<Record<ModelRole, readonly string[]>> = {
  detector: ["yolo_ocr", "yolo_only", "plates", "ocr_only"],
  classifier: ["classify", "ocr_only"],
};

/** Where definitions were read from. */
const FILES = new WeakMap<PipelineDefinition, string>();

/** The path of the file that a definition was read from; its id for any other. */
export function fileOf(definition: PipelineDefinition): string {
  return FILES.get(definition) ?? definition.id;
}

/**
 * Reads the built-in definitions, then those of a folder of the operator's.
 *
 * @param ownFolder Path of that folder, whose `*.json` are read in the order of their names; `undefined` where there is none
 * @param role What the model of all nodes that name no other looks for
 * @returns The definitions by their id
 * @throws {DefinitionError} If one is not valid, or two have the same id; the message names file, node and field
 */
export function loadDefinitions(
  ownFolder?: string,
  role: ModelRole = "detector",
): Map<string, PipelineDefinition> {
  const definitions = new Map<string, PipelineDefinition>();
  const builtIn = BUILT_IN[role].map((id) =>
    fileURLToPath(new URL(`../../pipelines/${id}.json`, import.meta.url))
  );
  for (const path of [...builtIn, ...listFiles(ownFolder)]) {
    const definition = load(path);
    if (definitions.has(definition.id)) {
      throw new DefinitionError(
        `Cannot load the pipeline ${path}: there is another with the id "${definition.id}"`,
      );
    }
    definitions.set(definition.id, definition);
  }
  return definitions;
}

function listFiles(folder: string | undefined): string[] {
  if (folder === undefined) return [];
  try {
    return Array.from(Deno.readDirSync(folder), ({ name }) => name)
      .filter((name) => name.endsWith(".json")).toSorted().map((name) => join(folder, name));
  } catch (cause) {
    throw new DefinitionError(`Cannot read PIPELINE_DIR ${folder}: ${reasonOf(cause)}`, { cause });
  }
}

function load(path: string): PipelineDefinition {
  const definition = parse(path);
  const errors = validateDefinition(definition);
  if (errors.length === 0) {
    FILES.set(definition as PipelineDefinition, path);
    return definition as PipelineDefinition;
  }
  const more = errors.length > TOLD ? "; and more" : "";
  const told = errors.slice(0, TOLD).join("; ");
  throw new DefinitionError(`Cannot load the pipeline ${path}: ${told}${more}`);
}

function parse(path: string): unknown {
  try {
    return JSON.parse(readText(path));
  } catch (cause) {
    const reason = cause instanceof SyntaxError
      ? `it is not JSON${placeIn(cause)}`
      : cause instanceof RangeError
      ? cause.message
      : reasonOf(cause);
    throw new DefinitionError(`Cannot load the pipeline ${path}: ${reason}`, { cause });
  }
}

/** Where V8 stopped, such as ` (line 3 column 5)`; nothing where it does not tell. */
function placeIn({ message }: SyntaxError): string {
  return / \(line \d+ column \d+\)/.exec(message)?.[0] ?? "";
}

function readText(path: string): string {
  const { size, isFile, isDirectory } = Deno.statSync(path);
  // Reading a pipe or a device might never end.
  if (!isFile) throw new RangeError(isDirectory ? "it is a folder" : "it is not a file");
  if (size > MAX_FILE_BYTES) throw new RangeError(`it has more than ${MAX_FILE_BYTES} bytes`);
  try {
    return new TextDecoder(undefined, { fatal: true }).decode(Deno.readFileSync(path));
  } catch (cause) {
    throw cause instanceof TypeError ? new RangeError("it is not UTF-8", { cause }) : cause;
  }
}
