import type { ValueType } from "./step.ts";
import { STEPS } from "./steps.ts";

/** A step as `GET /pipelines/steps` describes it. */
export interface StepInfo {
  /** What nodes name it by. */
  name: string;
  /** One sentence for people. */
  description: string;
  /** The types of values that it takes, each at most once. */
  accepts: Partial<Record<ValueType, "required" | "optional">>;
  /** Type of the value that it gives. */
  produces: ValueType;
  /** The workers that it runs on, the main thread, or wherever it is needed. */
  runs_on: "detection" | "reading" | "main" | "anywhere";
  /** Whether its nodes may have `interval_ms`. */
  takes_interval: boolean;
  /** JSON Schema of its nodes' `params`. */
  params: Record<string, unknown>;
}

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
