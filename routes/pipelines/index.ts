import { defineApi } from "../../state.ts";

/** `GET /pipelines`: the pipelines that a stream or an image can ask for. */
export const handler = defineApi({
  GET(ctx) {
    const pipelines = ctx.state.services.pipelines.listPipelines();
    return Response.json({
      pipelines: pipelines.map(({ id, name, description }) => ({ id, name, description })),
    });
  },
});
