import { toJobView } from "../../../lib/video/job.ts";
import { defineVideoApi } from "../../../state.ts";

/** `GET /video/status/:id`: how far a job is. */
export const handler = defineVideoApi({
  GET: (ctx) => Response.json(toJobView(ctx.state.services.videos.store.get(ctx.params.id))),
});
