import type { StageTimings } from "../protocol/stream_messages.ts";
import { executionOrder, type PipelineDefinition } from "./pipeline_definition.ts";
import { type Findings, type StepContext, STEPS, type Values } from "./steps.ts";

/** What running a pipeline on one frame gave. */
export interface RunOutcome {
  /** What its node of the step `result` gave. */
  findings: Findings;
  /** Milliseconds that each stage took; 0 for one that did not run. */
  stages: Omit<StageTimings, "wait" | "total">;
}

/** A pipeline that can be run on one frame after the other. */
export type PipelineRunner = (context: StepContext) => Promise<RunOutcome>;

/** Plans a pipeline once, so that nothing has to be looked up for each frame. */
export function compilePipeline(definition: PipelineDefinition): PipelineRunner {
  const plan = executionOrder(definition).map(({ id, step, params = {} }) => {
    const found = STEPS.get(step);
    if (found === undefined) throw new TypeError(`Cannot run the step "${step}": unknown`);
    const sources = definition.edges.filter((edge) => edge.to === id).map((edge) => edge.from);
    return { id, step: found, params, sources };
  });
  return async (context) => {
    const stages = { decode: 0, detect: 0, ocr: 0 };
    const outputs = new Map<string, Partial<Values>>();
    let findings: Findings | undefined;
    for (const { id, step, params, sources } of plan) {
      const inputs = Object.assign({}, ...sources.map((source) => outputs.get(source)));
      const started = performance.now();
      const value = await step.run(inputs, context, params);
      if (step.stage) stages[step.stage] += performance.now() - started;
      outputs.set(id, { [step.produces]: value });
      if (step.produces === "findings") findings = value as Findings;
    }
    if (findings === undefined) throw new TypeError("Cannot run the pipeline: it has no result");
    return { findings, stages };
  };
}
