import { defineVideoApi } from "../../state.ts";

/** `DELETE /video/:id`: removes a job, its results and its files. */
export const handler = defineVideoApi({
  async DELETE(ctx) {
    const { store } = await ctx.state.services.videos.open();
    await store.remove(ctx.params.id);
    return new Response(null, { status: 204 });
  },
});
