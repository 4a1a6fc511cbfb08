import { checkAccess } from "../../lib/http/access.ts";
import { defineApi } from "../../state.ts";

/** `GET /sessions`: the streams that are open now, for operators. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    return Response.json(streams.registry);
  },
});
