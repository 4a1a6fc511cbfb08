import { ApiError } from "../../../lib/http/api.ts";
import { serveFile } from "../../../lib/http/serve_file.ts";
import { defineVideoApi } from "../../../state.ts";

/** `GET /video/annotated/:id`: an MP4 with the results drawn into it, made when it is asked for the first time. */
export const handler = defineVideoApi({
  async GET(ctx) {
    const { store, annotated } = await ctx.state.services.videos.open();
    const { id, status, fileName } = store.get(ctx.params.id);
    if (status !== "completed") {
      throw new ApiError(409, "job_not_completed", `The job is ${status}`);
    }
    const path = await annotated.get(id);
    const name = `${fileName.replace(/\.[^.]*$/, "")}-annotated.mp4`;
    return serveFile(ctx.req, { path, fileName: name, contentType: "video/mp4", download: true });
  },
});
