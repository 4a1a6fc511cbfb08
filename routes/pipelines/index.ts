import type { PipelineList } from "../../lib/protocol/pipeline_list.ts";
import { defineApi } from "../../state.ts";

/** `GET /pipelines`: the pipelines that a stream or an image can ask for. */
export const handler = defineApi({
  GET(ctx) {
    const answer: PipelineList = { pipelines: ctx.state.services.pipelines.registry.list() };
    return Response.json(answer);
  },
});
