import { toJobView } from "../../../lib/video/job.ts";
import { defineVideoApi } from "../../../state.ts";

/** `POST /video/cancel/:id`: ends a job that is not finished; what it has found stays for a retry. */
export const handler = defineVideoApi({
  POST: (ctx) => Response.json(toJobView(ctx.state.services.videos.runner.cancel(ctx.params.id))),
});
