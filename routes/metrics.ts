import { defineApi } from "../state.ts";

/** `GET /metrics`: what Prometheus scrapes. */
export const handler = defineApi({
  async GET(ctx) {
    const { text, contentType } = await ctx.state.services.metrics();
    return new Response(text, { headers: { "Content-Type": contentType } });
  },
});
