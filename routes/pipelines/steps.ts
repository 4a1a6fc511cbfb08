import { describeSteps } from "../../lib/pipeline/describe_steps.ts";
import type { StepList } from "../../lib/protocol/pipeline.ts";
import { defineApi } from "../../state.ts";

/** `GET /pipelines/steps`: what pipelines can be made of. */
export const handler = defineApi({
  GET() {
    const answer: StepList = { steps: describeSteps() };
    return Response.json(answer);
  },
});
