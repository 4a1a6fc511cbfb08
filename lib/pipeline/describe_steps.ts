import type { StepInfo } from "../protocol/pipeline.ts";
import { STEPS } from "./steps.ts";

/** Describes every step that pipelines can be made of. */
export function describeSteps(): StepInfo[] {
  return [...STEPS].map(([name, { description, accepts, produces, runsOn, params }]) => ({
    name,
    description,
    accepts,
    produces,
    runs_on: runsOn,
    takes_interval: runsOn === "detection" || runsOn === "reading",
    params: {
      type: "object",
      properties: Object.fromEntries(
        Object.entries(params).map(([param, { schema }]) => [param, schema]),
      ),
      additionalProperties: false,
    },
  }));
}
