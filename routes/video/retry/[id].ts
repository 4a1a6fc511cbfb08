import { toJobView } from "../../../lib/video/job.ts";
import { defineVideoApi } from "../../../state.ts";

/** `POST /video/retry/:id`: lets a failed or cancelled job go on from its last stored frame. */
export const handler = defineVideoApi({
  POST: (ctx) => Response.json(toJobView(ctx.state.services.videos.runner.retry(ctx.params.id))),
});
