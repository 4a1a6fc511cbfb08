import { toJobView } from "../../../lib/video/jobs/job.ts";
import { defineVideoApi } from "../../../state.ts";

/** `GET /video/status/:id`: how far a job is. */
export const handler = defineVideoApi({
  async GET(ctx) {
    const { store } = await ctx.state.services.videos.open();
    return Response.json(toJobView(store.get(ctx.params.id)));
  },
});
