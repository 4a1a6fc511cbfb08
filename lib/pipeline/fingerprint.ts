import { hashOf } from "../models/calibration.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import type { CompleteOptions } from "./pipeline_options.ts";

/** What there is to compute with. */
export interface FingerprintParts {
  /** All pipelines. */
  pipelines: readonly PipelineDefinition[];
  /** SHA-256 of each model, by what nodes call it. */
  models: Readonly<Record<string, string>>;
  /** What reads text. */
  textModel: string;
}

/**
 * Tells two services apart that would find different things in one frame.
 *
 * Settings that only the machine that a stream is connected to looks at, such as intervals, are left out; and so is the precision
 * that was measured to be faster, since it differs from one processor to another.
 *
 * @returns SHA-256 in hexadecimal
 */
export function fingerprint(options: CompleteOptions, parts: FingerprintParts): string {
  const { confidence, iou, inputSize = null, precision, textPrecision, maxPixels } = options;
  const settings = { confidence, iou, inputSize, precision, textPrecision, maxPixels };
  const pipelines = parts.pipelines.map(({ id, nodes, edges }) => {
    // How often a node runs is the business of the machine that has the stream.
    const computed = nodes.map(({ id, step, params = {} }) => [id, step, sorted(params)]);
    return { id, nodes: computed, edges };
  });
  const whole = JSON.stringify({
    settings,
    pipelines: pipelines.toSorted((a, b) => a.id < b.id ? -1 : 1),
    models: sorted(parts.models),
    textModel: parts.textModel,
  });
  return hashOf(new TextEncoder().encode(whole));
}

function sorted(record: Readonly<Record<string, unknown>>): [string, unknown][] {
  return Object.entries(record).toSorted(([a], [b]) => a < b ? -1 : 1);
}
