import { defineVideoApi } from "../../state.ts";

/** `DELETE /video/:id`: removes a job, its results and its files. */
export const handler = defineVideoApi({
  DELETE(ctx) {
    ctx.state.services.videos.store.remove(ctx.params.id);
    return new Response(null, { status: 204 });
  },
});
