/** Knows the server's models, and what to tell of those of a pipeline. */

import * as v from "valibot";
import { type ModelInfo, ModelListSchema } from "../../protocol/model_list.ts";
import { atBase } from "../server_url.ts";

/** A model in words. */
export interface ModelDescription {
  /** What it is called. */
  name: string;
  /** What it is for and what is known of it, with commas between. */
  facts: string;
}

/** What models are for, for people. */
const PURPOSES: Readonly<Record<ModelInfo["role"], string>> = {
  detector: "finds objects",
  classifier: "classifies",
  text_detector: "finds lines of text",
  text_recognizer: "reads text",
  characters: "the characters that can be read",
};

/**
 * Asks the server for its models.
 *
 * @throws {Error} If it cannot be reached, or does not answer with a list
 */
export async function fetchModels(
  request: (path: string) => Promise<Response> = (path) => fetch(path),
): Promise<ModelInfo[]> {
  const response = await request(atBase("/models"));
  return v.parse(ModelListSchema, await response.json()).models;
}

/** Describes the models that a pipeline uses; none for `null`. */
export function describeModels(
  models: readonly ModelInfo[],
  pipelineId: string | null,
): ModelDescription[] {
  return models.filter(({ used_by }) => pipelineId !== null && used_by.includes(pipelineId))
    .map((model) => ({ name: model.name, facts: factsOf(model).join(", ") }));
}

function factsOf({ role, classes, input_size, precision, speed, licence }: ModelInfo): string[] {
  return [
    PURPOSES[role],
    classes && `${classes.length} ${classes.length === 1 ? "class" : "classes"}`,
    input_size && `${input_size.width}×${input_size.height}`,
    precision && (precision === "int8" ? "8-bit integers" : "float32"),
    speed && `${speed.ms} ms here`,
    licence ?? "licence not known",
  ].filter((fact) => fact !== null);
}
