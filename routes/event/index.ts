import { readEventFilter } from "../../lib/http/event_filter.ts";
import type { EventList } from "../../lib/protocol/event.ts";
import { defineEventApi } from "../../state.ts";

/** `GET /event?camera=&rule=&label=&since=&before=&limit=`: the events that are kept, newest first. */
export const handler = defineEventApi({
  async GET(ctx) {
    const filter = readEventFilter(ctx.url.searchParams);
    const events = await ctx.state.services.events.list(filter);
    return Response.json({ events } satisfies EventList);
  },
});
