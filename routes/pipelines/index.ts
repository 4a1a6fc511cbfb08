import { defineApi } from "../../state.ts";

/** `GET /pipelines`: the pipelines that a stream or an image can ask for. */
export const handler = defineApi({
  GET(ctx) {
    return Response.json({ pipelines: ctx.state.services.pipelines.registry.list() });
  },
});
