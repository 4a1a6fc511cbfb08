import { checkAccess } from "../../lib/http/access.ts";
import type { SessionList } from "../../lib/protocol/session.ts";
import { defineApi } from "../../state.ts";

/** `GET /sessions`: the streams that are open now, for operators. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    return Response.json({ sessions: streams.list() } satisfies SessionList);
  },
});
