/**
 * Lists the models that there are, with what is known of each.
 *
 * @module
 */

import { basename, join } from "node:path";
import { describeMachine } from "../models/describe_machine.ts";
import { isModelName, type ModelEntry, MODELS } from "../models/model_catalog.ts";
import { roleOf } from "../models/model_role.ts";
import { listOwnModels, type OwnModel } from "../models/own_models.ts";
import type { ModelInfo } from "../protocol/model_list.ts";
import { modelsOf } from "./model_uses.ts";
import type { CompleteOptions } from "./pipeline_options.ts";
import type { PipelinePools } from "./pipeline_pools.ts";
import type { PipelineRegistry } from "./pipeline_registry.ts";

/** What is asked for models. */
interface ModelSources {
  /** What all nodes look with that name no other. */
  model: string;
  modelDir: string;
  registry: PipelineRegistry;
  pools: LoadedModels;
}

/** The models that workers have; see {@linkcode PipelinePools}. */
export type LoadedModels = Pick<
  PipelinePools,
  "detectorOf" | "classifierOf" | "plans" | "textModel"
>;

/**
 * Lists the models of the catalogue, then those of the folder, then files elsewhere that are in use.
 *
 * @param options The model of all nodes that name no other, and the folder of the model files
 * @param registry The pipelines that may use them
 * @param pools What has been loaded
 */
export async function listModels(
  { model, modelDir }: Pick<CompleteOptions, "model" | "modelDir">,
  registry: PipelineRegistry,
  pools: LoadedModels,
): Promise<ModelInfo[]> {
  const sources = { model, modelDir, registry, pools };
  const uses = usesOf(sources);
  const machine = await describeMachine();
  const elsewhere = [...uses.keys()].filter((model) => !isModelName(model));
  return [
    ...await Promise.all(MODELS.map((entry) => ofCatalogue(entry, sources, uses))),
    ...(await listOwnModels(modelDir)).map((model) => ofFolder(model, machine, sources, uses)),
    ...elsewhere.map((path): ModelInfo => ({
      ...NOTHING_KNOWN,
      name: basename(path, ".onnx"),
      role: roleOf(path),
      file: basename(path),
      present: true,
      used_by: uses.get(path) ?? [],
      ...ofLoaded(path, sources),
    })),
  ];
}

const NOTHING_KNOWN = {
  size_bytes: null,
  licence: null,
  classes: null,
  input_size: null,
  precision: null,
  speed: null,
} as const;

/** The pipelines that use each detector and classifier, by what that is called. */
function usesOf({ registry, model: ofAll }: ModelSources): Map<string, string[]> {
  const uses = new Map<string, string[]>();
  for (const definition of registry.definitions) {
    const models = new Set(modelsOf(definition).map((model) => model ?? ofAll));
    for (const model of models) uses.set(model, [...uses.get(model) ?? [], definition.id]);
  }
  return uses;
}

async function ofCatalogue(
  entry: ModelEntry,
  sources: ModelSources,
  uses: ReadonlyMap<string, string[]>,
): Promise<ModelInfo> {
  const { id, role, file, size, licence, set } = entry;
  const { modelDir, registry, pools: { textModel } } = sources;
  const info = await Deno.stat(join(modelDir, file)).catch(() => undefined);
  const readers = registry.definitions.map(({ id }) => id)
    .filter((pipeline) => set === textModel && registry.uses(pipeline, "reading"));
  return {
    ...NOTHING_KNOWN,
    name: id,
    role,
    file,
    present: info?.isFile === true && info.size === size,
    size_bytes: size,
    licence,
    used_by: uses.get(id) ?? readers,
    ...ofLoaded(id, sources),
  };
}

function ofFolder(
  { name, role, size, notes }: OwnModel,
  machine: string,
  sources: ModelSources,
  uses: ReadonlyMap<string, string[]>,
): ModelInfo {
  const { ms, threads } = notes?.speed ?? {};
  const isMeasured = notes?.speed.machine === machine && ms !== undefined && threads !== undefined;
  return {
    name,
    role,
    file: `${name}.onnx`,
    present: true,
    size_bytes: size,
    licence: notes?.licence ?? null,
    used_by: uses.get(name) ?? [],
    classes: notes?.classes ?? null,
    input_size: notes?.input ?? null,
    precision: notes?.precision ?? null,
    speed: isMeasured ? { ms, threads, measured_by: "add" } : null,
    ...ofLoaded(name, sources),
  };
}

/** What is known of a detector or a classifier that has been looked into. */
function ofLoaded(model: string, { model: ofAll, pools }: ModelSources) {
  const named = model === ofAll ? undefined : model;
  const { layout, precision = "fp32" } = pools.detectorOf(named) ?? {};
  const { labels, input } = layout ?? pools.classifierOf(named) ?? {};
  if (labels === undefined || input === undefined) return {};
  const measured = pools.plans.flatMap((plan) => "latencyMs" in plan ? [plan] : [])
    .toSorted((a, b) => a.latencyMs - b.latencyMs)[0];
  const speed = measured && {
    ms: Math.round(10 * measured.latencyMs) / 10,
    threads: measured.threads,
    measured_by: "autotune" as const,
  };
  return {
    classes: [...labels],
    input_size: input,
    precision,
    ...(model === ofAll && speed !== undefined && { speed }),
  };
}
