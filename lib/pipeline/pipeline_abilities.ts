/**
 * What a pipeline can find.
 *
 * @module
 */

import type { PipelinePlan } from "./pipeline_plan.ts";
import { modelOf, STEPS } from "./steps.ts";

/** What a pipeline can find, as far as rules on its results depend on it. */
export interface PipelineAbilities {
  /** The classes of its detectors, each once; `undefined` while one of them has not been loaded. */
  classes: readonly string[] | undefined;
  /** Whether it follows objects from frame to frame. */
  follows: boolean;
  /** Whether it reads text. */
  reads: boolean;
}

/**
 * Tells what a pipeline can find.
 *
 * @param labelsOf The classes of the detector that a node names, or of that of all; `undefined` where it has not been loaded
 */
export function abilitiesOf(
  { nodes }: PipelinePlan,
  labelsOf: (model: string | undefined) => readonly string[] | undefined,
): PipelineAbilities {
  const found = nodes.filter(({ step }) =>
    step.runsOn === "detection" && step.produces === "detections"
  ).map(({ params }) => {
    const kept = Array.isArray(params.classes) ? params.classes : undefined;
    return labelsOf(modelOf(params))?.filter((label) => kept?.includes(label) ?? true);
  });
  const isKnown = found.every((labels) => labels !== undefined);
  return {
    classes: isKnown ? [...new Set(found.flat())] : undefined,
    follows: nodes.some(({ step }) => step === STEPS.get("track")),
    reads: nodes.some(({ step }) => step.produces === "lines"),
  };
}
