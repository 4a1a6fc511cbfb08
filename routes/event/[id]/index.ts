import { defineEventApi } from "../../../state.ts";

/** `GET /event/:id`: one event; `DELETE`: removes it and its picture. */
export const handler = defineEventApi({
  GET: async (ctx) => Response.json(await ctx.state.services.events.get(ctx.params.id)),
  async DELETE(ctx) {
    await ctx.state.services.events.remove(ctx.params.id);
    return new Response(null, { status: 204 });
  },
});
