import { checkAccess } from "../../../lib/http/access.ts";
import { unknownSession } from "../../../lib/http/session_errors.ts";
import { defineApi } from "../../../state.ts";

/** `GET /sessions/:id`: one stream that is open now, for operators. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    const session = streams.list().find(({ session_id }) => session_id === ctx.params.id);
    if (session === undefined) throw unknownSession(ctx.params.id);
    return Response.json(session);
  },
});
