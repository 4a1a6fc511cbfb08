import { modelPath } from "../models/model_catalog.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { DefinitionError } from "./errors.ts";
import { modelOf, STEPS } from "./steps.ts";

/** A model that nodes of pipelines name. */
export interface ModelUse {
  /** What they name. */
  model: string;
  /** Where its file is. */
  path: string;
  /** Whether it is to classify rather than to find objects. */
  isClassifier: boolean;
  /** The first place that names it, for messages. */
  where: string;
}

/** What the nodes of a pipeline look with, each once, in the order of the nodes; `undefined` is the detector of all. */
export function modelsOf({ nodes }: PipelineDefinition): (string | undefined)[] {
  const takesModel = (step: string) =>
    !classifies(step) && STEPS.get(step)?.params.model !== undefined;
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
 * @throws {DefinitionError} If a node that classifies names none
 */
export function gatherModels(
  definitions: readonly PipelineDefinition[],
  fileOf: (definition: PipelineDefinition) => string,
  modelDir: string,
): ModelUse[] {
  const uses = new Map<string, ModelUse>();
  for (const definition of definitions) {
    for (const { id, step, params = {} } of definition.nodes) {
      const model = modelOf(params);
      const isClassifier = classifies(step);
      const where = `${fileOf(definition)}: parameter "model" of the node "${id}"`;
      if (isClassifier && model === undefined) {
        throw new DefinitionError(
          `Cannot load the pipeline ${where} is missing; the name or the path of a classifier works`,
        );
      }
      const key = `${step} ${model}`;
      if (model === undefined || uses.has(key)) continue;
      uses.set(key, { model, path: modelPath(model, modelDir), isClassifier, where });
    }
  }
  return [...uses.values()];
}

/** Whether the models of a step are classifiers. */
function classifies(step: string): boolean {
  return STEPS.get(step)?.produces === "classes";
}
