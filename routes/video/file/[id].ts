import { serveFile } from "../../../lib/http/serve_file.ts";
import { defineVideoApi } from "../../../state.ts";

/** `GET /video/file/:id`: the video of a job as it was uploaded, or a range of its bytes. */
export const handler = defineVideoApi({
  GET(ctx) {
    const { store } = ctx.state.services.videos;
    const { id, fileName } = store.get(ctx.params.id);
    const path = store.files.path(id);
    return serveFile(ctx.req, { path, fileName, contentType: "video/mp4", download: false });
  },
});
