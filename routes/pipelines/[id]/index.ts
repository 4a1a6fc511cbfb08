import { cutText } from "../../../lib/cut_text.ts";
import { ApiError } from "../../../lib/http/api.ts";
import type { Pipeline } from "../../../lib/protocol/pipeline.ts";
import { defineApi } from "../../../state.ts";

/** `GET /pipelines/:id`: all there is to know of one pipeline. */
export const handler = defineApi({
  GET(ctx) {
    const { id } = ctx.params;
    const pipeline = ctx.state.services.pipelines.getPipeline(id);
    if (pipeline === undefined) {
      throw new ApiError(404, "invalid_pipeline", `Unknown pipeline_id: ${cutText(id, 64)}`);
    }
    return Response.json(pipeline satisfies Pipeline);
  },
});
