import { toJobView } from "../../../lib/video/jobs/job.ts";
import { defineVideoApi } from "../../../state.ts";

/** `POST /video/cancel/:id`: ends a job that is not finished; what it has found stays for a retry. */
export const handler = defineVideoApi({
  async POST(ctx) {
    const { runner } = await ctx.state.services.videos.open();
    return Response.json(toJobView(await runner.cancel(ctx.params.id)));
  },
});
