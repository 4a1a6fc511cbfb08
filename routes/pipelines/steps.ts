import { describeSteps } from "../../lib/pipeline/describe_steps.ts";
import { defineApi } from "../../state.ts";

/** `GET /pipelines/steps`: what pipelines can be made of. */
export const handler = defineApi({
  GET: () => Response.json({ steps: describeSteps() }),
});
