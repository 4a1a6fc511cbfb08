import { modelPath } from "../models/model_catalog.ts";
import type { ModelRole } from "../models/model_role.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { DefinitionError } from "./errors.ts";
import { modelOf, STEPS } from "./steps.ts";

/** A model that nodes of pipelines name. */
export interface ModelUse {
  /** What they name. */
  model: string;
  /** Where its file is. */
  path: string;
  /** Whether it is to find objects, or to classify. */
  role: ModelRole;
  /** The first place that names it, for messages. */
  where: string;
}

/** What the nodes of a pipeline look with, each once, in the order of the nodes; `undefined` is the model of all. */
export function modelsOf({ nodes }: PipelineDefinition): (string | undefined)[] {
  return [
    ...new Set(
      nodes.filter(({ step }) => roleIn(step) !== undefined)
        .map(({ params = {} }) => modelOf(params)),
    ),
  ];
}

/**
 * Gathers the models that nodes name.
 *
 * @param definitions Valid ones
 * @param fileOf The file that a definition was read from
 * @param modelDir Folder of the model files
 * @param roleOfAll What the model of all nodes that name no other is for
 * @throws {DefinitionError} If a node names none, and that of all is for something else
 */
export function gatherModels(
  definitions: readonly PipelineDefinition[],
  fileOf: (definition: PipelineDefinition) => string,
  modelDir: string,
  roleOfAll: ModelRole,
): ModelUse[] {
  const uses = new Map<string, ModelUse>();
  for (const definition of definitions) {
    for (const { id, step, params = {} } of definition.nodes) {
      const role = roleIn(step);
      if (role === undefined) continue;
      const model = modelOf(params);
      const where = `${fileOf(definition)}: parameter "model" of the node "${id}"`;
      if (model === undefined && role !== roleOfAll) {
        throw new DefinitionError(
          `Cannot load the pipeline ${where} ${missing(role, roleOfAll)}`,
        );
      }
      const key = `${step} ${model}`;
      if (model === undefined || uses.has(key)) continue;
      uses.set(key, { model, path: modelPath(model, modelDir), role, where });
    }
  }
  return [...uses.values()];
}

/** Says of a parameter that it may not be left out: the end of a sentence. */
export function missing(role: ModelRole, roleOfAll: ModelRole): string {
  return `is missing, and YOLO_MODEL is a ${roleOfAll}; the name or the path of a ${role} works`;
}

/** What the models of a step are for; `undefined` for a step that takes none. */
export function roleIn(step: string): ModelRole | undefined {
  const { params, produces } = STEPS.get(step) ?? {};
  if (params?.model === undefined) return undefined;
  return produces === "classes" ? "classifier" : "detector";
}
