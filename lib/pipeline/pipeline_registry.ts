/**
 * The pipelines that there are, and what there is to know of them.
 *
 * @module
 */

import type { TextModelName } from "../config.ts";
import type { TileGrid } from "../image/tile_grid.ts";
import { textModelFiles } from "../models/text_models.ts";
import { modelPath } from "../models/model_catalog.ts";
import { type ModelRole, roleOf } from "../models/model_role.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import { fileOf, loadDefinitions } from "./load_definitions.ts";
import { gatherModels, modelsOf, type ModelUse } from "./model_uses.ts";
import { entryNodes, outputNodes } from "./pipeline_definition.ts";
import {
  type PipelineInfo,
  type PipelineModel,
  type PipelineSummary,
  textModelInfo,
} from "./pipeline_info.ts";
import { type PipelinePlan, planPipeline } from "./pipeline_plan.ts";
import type { PoolName } from "./step.ts";
import { gridOf, STEPS } from "./steps.ts";

/** Options for {@linkcode PipelineRegistry}. */
export interface PipelineRegistryOptions {
  /** Folder of the operator's own definitions. */
  pipelineDir?: string | undefined;
  /** The model of all nodes that name no other, as `YOLO_MODEL` has it; a detector by default. */
  model?: string;
  /** Folder of the model files. */
  modelDir?: string;
  /** Tiles, such as `2x2`, for each node that looks at whole images and has none of its own. */
  tiles?: string | undefined;
  /** Replaces the interval of nodes that read text, in milliseconds. */
  ocrIntervalMs?: number | undefined;
}

/** Definitions by their id, each with its plan. */
export class PipelineRegistry {
  /** What the model of all nodes that name no other is for. */
  readonly role: ModelRole;
  readonly #definitions: Map<string, PipelineDefinition>;
  readonly #plans = new Map<string, PipelinePlan>();

  /**
   * Reads all definitions.
   *
   * @throws {DefinitionError} If one is not valid
   */
  constructor(options: PipelineRegistryOptions = {}) {
    const { pipelineDir, ocrIntervalMs, tiles, model, modelDir = "" } = options;
    this.role = model === undefined ? "detector" : roleOf(modelPath(model, modelDir));
    this.#definitions = loadDefinitions(pipelineDir, this.role);
    for (const [id, definition] of this.#definitions) {
      if (tiles !== undefined) setTiles(definition, tiles);
      this.#plans.set(id, planPipeline(definition, ocrIntervalMs));
    }
  }

  /** All definitions, in the order in which they are offered. */
  get definitions(): PipelineDefinition[] {
    return [...this.#definitions.values()];
  }

  /** Id of the pipeline that is offered first. */
  get first(): string {
    const [first = ""] = this.#definitions.keys();
    return first;
  }

  /** Whether a pipeline of this id exists. */
  has(id: string): boolean {
    return this.#definitions.has(id);
  }

  /** Whether a pipeline needs workers of a kind; `false` for an unknown id. */
  uses(id: string, pool: PoolName): boolean {
    return this.#plans.get(id)?.pools.has(pool) ?? false;
  }

  /** The tiles of a pipeline that has the most of them across and down; one of each where it has none. */
  tiles(id: string): TileGrid {
    const grids = this.#plans.get(id)?.nodes.map(({ params }) => gridOf(params)) ?? [];
    return {
      columns: Math.max(1, ...grids.map((grid) => grid?.columns ?? 1)),
      rows: Math.max(1, ...grids.map((grid) => grid?.rows ?? 1)),
    };
  }

  /** Whether a pipeline looks for objects inside the boxes of others. */
  looksInside(id: string): boolean {
    return this.#plans.get(id)?.nodes.some(({ step, sources }) =>
      step.runsOn === "detection" && sources.some((source) => source.step.produces === "detections")
    ) ?? false;
  }

  /**
   * How a pipeline runs.
   *
   * @throws {RangeError} If there is none of this id
   */
  plan(id: string): PipelinePlan {
    const plan = this.#plans.get(id);
    if (plan !== undefined) return plan;
    throw new RangeError(`Cannot run the pipeline "${id}": unknown`);
  }

  /** The models that nodes name, with their files in a folder. */
  models(modelDir: string): ModelUse[] {
    return gatherModels(this.definitions, fileOf, modelDir, this.role);
  }

  /** What nodes call the models that they name. */
  get modelNames(): string[] {
    return [...new Set(this.definitions.flatMap(modelsOf))].filter((name) => name !== undefined);
  }

  /** Id of the pipeline of the fewest nodes that looks with the model of all, and no other; `undefined` where none does. */
  simplest(): string | undefined {
    return this.definitions.filter((definition) => {
      const models = modelsOf(definition);
      return this.uses(definition.id, "detection") && models.length === 1 &&
        models[0] === undefined;
    })
      .toSorted((a, b) => a.nodes.length - b.nodes.length)[0]?.id;
  }

  /** Names and descriptions. */
  list(): PipelineSummary[] {
    return this.definitions.map(({ id, name, description }) => ({ id, name, description }));
  }

  /**
   * Describes a pipeline; `undefined` for an unknown id.
   *
   * @param modelInfo Describes a model that a node names, or that of all
   * @param textModel What reads text
   */
  describe(
    id: string,
    modelInfo: (model: string | undefined) => PipelineModel,
    textModel: TextModelName,
  ): PipelineInfo | undefined {
    const definition = this.#definitions.get(id);
    if (definition === undefined) return undefined;
    return {
      ...definition,
      entry_nodes: entryNodes(definition),
      output_nodes: outputNodes(definition),
      models: [
        ...modelsOf(definition).map(modelInfo),
        ...(this.uses(id, "reading") ? textModelFiles(textModel).map(textModelInfo) : []),
      ],
    };
  }
}

function setTiles({ nodes, edges }: PipelineDefinition, tiles: string): void {
  const finders = new Set(
    nodes.filter(({ step }) => STEPS.get(step)?.produces === "detections").map(({ id }) => id),
  );
  for (const node of nodes) {
    const looksInside = edges.some(({ from, to }) => to === node.id && finders.has(from));
    if (looksInside || STEPS.get(node.step)?.params.tiles === undefined) continue;
    node.params = { tiles, ...node.params };
  }
}
