import { toJobView } from "../../../lib/video/jobs/job.ts";
import { defineVideoApi } from "../../../state.ts";

/** `POST /video/retry/:id`: lets a failed or cancelled job go on from its last stored frame. */
export const handler = defineVideoApi({
  async POST(ctx) {
    const { runner } = await ctx.state.services.videos.open();
    return Response.json(toJobView(await runner.retry(ctx.params.id)));
  },
});
