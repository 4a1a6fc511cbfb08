import { cutText } from "../../lib/cut_text.ts";
import { checkAccess } from "../../lib/http/access.ts";
import { ApiError } from "../../lib/http/api.ts";
import { defineApi } from "../../state.ts";

/** `GET /sessions/:id`: one stream that is open now, for operators. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    const session = streams.list().find(({ session_id }) => session_id === ctx.params.id);
    if (session === undefined) {
      throw new ApiError(
        404,
        "session_not_found",
        `Unknown session_id: ${cutText(ctx.params.id, 64)}`,
      );
    }
    return Response.json(session);
  },
});
