/**
 * The pipelines in the folder `pipelines/`.
 *
 * @module
 */

import { DefinitionError } from "./errors.ts";
import { type PipelineDefinition, validateDefinition } from "./pipeline_definition.ts";
import { DETECT_STEP, READ_STEP } from "./steps.ts";

/** Whether a pipeline finds objects. */
export function usesDetector({ nodes }: PipelineDefinition): boolean {
  return nodes.some((node) => node.step === DETECT_STEP);
}

/** Whether a pipeline reads text. */
export function readsText({ nodes }: PipelineDefinition): boolean {
  return nodes.some((node) => node.step === READ_STEP);
}

/**
 * Reads every definition of a folder, those that do most first.
 *
 * @returns The definitions by their id
 * @throws {DefinitionError} If one is not valid, or two have one id; the message names the file
 */
export function loadDefinitions(folder: URL): Map<string, PipelineDefinition> {
  const definitions = new Map<string, PipelineDefinition>();
  const names = Array.from(Deno.readDirSync(folder), ({ name }) => name);
  for (const name of names.filter((each) => each.endsWith(".json")).toSorted()) {
    const definition = parse(name, Deno.readTextFileSync(new URL(name, folder)));
    if (definitions.has(definition.id)) {
      throw new DefinitionError(`Cannot load the pipeline ${name}: its id is used twice`);
    }
    definitions.set(definition.id, definition);
  }
  const order = [...definitions].toSorted(([, a], [, b]) => b.nodes.length - a.nodes.length);
  return new Map(order);
}

function parse(name: string, text: string): PipelineDefinition {
  let definition: unknown;
  try {
    definition = JSON.parse(text);
  } catch {
    throw new DefinitionError(`Cannot load the pipeline ${name}: it is not JSON`);
  }
  const errors = validateDefinition(definition);
  if (errors.length > 0) {
    throw new DefinitionError(`Cannot load the pipeline ${name}: ${errors.join("; ")}`);
  }
  return definition as PipelineDefinition;
}
