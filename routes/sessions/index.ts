import { checkAccess } from "../../lib/http/access.ts";
import { api } from "../../lib/http/api.ts";
import { define } from "../../state.ts";

/** `GET /sessions`: the streams that are open now, for operators. */
export const handler = define.handlers(api({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    return Response.json(streams.registry);
  },
}));
