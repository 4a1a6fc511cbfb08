import { readStreamStart } from "../../lib/http/event_filter.ts";
import { defineEventApi } from "../../state.ts";

const HEADERS = {
  "Content-Type": "text/event-stream",
  // What is changed on the way, such as compressed, is held back on the way.
  "Cache-Control": "no-store, no-transform",
  "X-Accel-Buffering": "no",
};

/** `GET /event/stream?since=`: every event from then on, or from now on, as server-sent events. */
export const handler = defineEventApi({
  async GET(ctx) {
    const sinceMs = readStreamStart(ctx.url.searchParams);
    // The server leaves the body of an answer to HEAD out, and would never end one that has no end.
    if (ctx.req.method === "HEAD") return new Response(null, { headers: HEADERS });
    const lastId = ctx.req.headers.get("Last-Event-ID");
    const events = await ctx.state.services.events.stream(lastId, sinceMs);
    return new Response(events, { headers: HEADERS });
  },
});
