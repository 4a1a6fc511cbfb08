import { checkAccess } from "../../../lib/http/access.ts";
import { ApiError } from "../../../lib/http/api.ts";
import { unknownSession } from "../../../lib/http/session_errors.ts";
import { defineApi } from "../../../state.ts";

/** `GET /sessions/:id/snapshot.jpg`: a small image of what a stream shows now, made for whoever asks. */
export const handler = defineApi({
  async GET(ctx) {
    const { config, streams, snapshots } = ctx.state.services;
    checkAccess(ctx.req, config.stream);
    const { id } = ctx.params;
    if (!streams.list().some(({ session_id }) => session_id === id)) throw unknownSession(id);
    const jpeg = await snapshots.get(id);
    if (jpeg === undefined) {
      const detail = "The stream gives no frame now";
      throw new ApiError(503, "stream_unavailable", detail, { "Retry-After": "5" });
    }
    return new Response(jpeg, {
      headers: { "Content-Type": "image/jpeg", "Cache-Control": "no-store" },
    });
  },
});
