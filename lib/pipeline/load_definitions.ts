/**
 * The pipelines in the folder `pipelines/`, and those of the operator.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { join } from "node:path";
import { reasonOf } from "../user_error.ts";
import { DefinitionError } from "./errors.ts";
import { type PipelineDefinition, validateDefinition } from "./pipeline_definition.ts";

/** Most bytes of a file; real ones have some hundred. */
const MAX_FILE_BYTES = 1_000_000;

/** Ids of the built-in pipelines, in the order in which they are offered. */
const BUILT_IN = ["yolo_ocr", "yolo_only", "plates", "ocr_only"];

/**
 * Reads the built-in definitions, then those of a folder of the operator's.
 *
 * @param ownFolder Path of that folder, whose `*.json` are read in the order of their names; `undefined` where there is none
 * @returns The definitions by their id
 * @throws {DefinitionError} If one is not valid, or two have the same id; the message names file, node and field
 */
export function loadDefinitions(ownFolder?: string): Map<string, PipelineDefinition> {
  const definitions = new Map<string, PipelineDefinition>();
  const builtIn = BUILT_IN.map((id) =>
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
  if (errors.length === 0) return definition as PipelineDefinition;
  throw new DefinitionError(`Cannot load the pipeline ${path}: ${errors.join("; ")}`);
}

function parse(path: string): unknown {
  try {
    const { size } = Deno.statSync(path);
    if (size > MAX_FILE_BYTES) throw new RangeError(`it has more than ${MAX_FILE_BYTES} bytes`);
    return JSON.parse(Deno.readTextFileSync(path));
  } catch (cause) {
    const reason = cause instanceof SyntaxError
      ? "it is not JSON"
      : cause instanceof RangeError
      ? cause.message
      : reasonOf(cause);
    throw new DefinitionError(`Cannot load the pipeline ${path}: ${reason}`, { cause });
  }
}
