/**
 * Describes a pipeline for clients.
 *
 * @module
 */

import type { ModelEntry } from "../models/model_catalog.ts";
import type { Size } from "../image/size.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";

/** A pipeline in a list. */
export type PipelineSummary = Pick<PipelineDefinition, "id" | "name" | "description">;

/** A model that a pipeline uses. */
export interface PipelineModel {
  /** Id in the catalogue; for a file of one's own, its name without `.onnx`. */
  name: string;
  /** Name of its file, without folders. */
  file: string;
  /** SPDX identifier; `null` for a file of one's own. */
  licence: string | null;
  /** `null` until the model has been loaded. */
  input_size: Size | null;
}

/** A pipeline with all that there is to know about it. */
export interface PipelineInfo extends PipelineDefinition {
  /** Ids of the nodes that start from the frame. */
  entry_nodes: string[];
  /** Ids of the nodes that give the result. */
  output_nodes: string[];
  /** The detectors and classifiers in the order of the nodes, then what reads text, each where the pipeline has a step for it. */
  models: PipelineModel[];
}

/** Describes a file of the catalogue that reads text. */
export function textModelInfo({ id, file, licence }: ModelEntry): PipelineModel {
  return { name: id, file, licence, input_size: null };
}
