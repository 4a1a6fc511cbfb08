import { modelPath } from "../models/model_catalog.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { modelOf, STEPS } from "./steps.ts";

/** A model that nodes of pipelines name. */
export interface ModelUse {
  /** What they name. */
  model: string;
  /** Where its file is. */
  path: string;
  /** The first place that names it, for messages. */
  where: string;
}

/** What the nodes of a pipeline look with, each once, in the order of the nodes; `undefined` is the detector of all. */
export function modelsOf({ nodes }: PipelineDefinition): (string | undefined)[] {
  const takesModel = (step: string) => STEPS.get(step)?.params.model !== undefined;
  return [
    ...new Set(
      nodes.filter(({ step }) => takesModel(step)).map(({ params = {} }) => modelOf(params)),
    ),
  ];
}

/**
 * Gathers the models that nodes name.
 *
 * @param definitions Valid ones
 * @param fileOf The file that a definition was read from
 * @param modelDir Folder of the model files
 */
export function gatherModels(
  definitions: readonly PipelineDefinition[],
  fileOf: (definition: PipelineDefinition) => string,
  modelDir: string,
): ModelUse[] {
  const uses = new Map<string, ModelUse>();
  for (const definition of definitions) {
    for (const { id, params = {} } of definition.nodes) {
      const model = modelOf(params);
      if (model === undefined || uses.has(model)) continue;
      const where = `${fileOf(definition)}: parameter "model" of the node "${id}"`;
      uses.set(model, { model, path: modelPath(model, modelDir), where });
    }
  }
  return [...uses.values()];
}
