import { serveContent, serveFile } from "../../../lib/http/serve_file.ts";
import { mediaType, mediaTypeOf } from "../../../lib/video/decode/media_type.ts";
import { defineVideoApi } from "../../../state.ts";

/** `GET /video/file/:id`: the video of a job as it was uploaded, or a range of its bytes. */
export const handler = defineVideoApi({
  async GET(ctx) {
    const { store } = await ctx.state.services.videos.open();
    const { id, fileName } = store.get(ctx.params.id);
    const kept = await store.files.elsewhere(id);
    if (kept !== undefined) {
      const contentType = mediaType(kept.beginning);
      return serveContent(ctx.req, kept, { fileName, contentType, download: false });
    }
    using video = await store.files.open(id);
    const { path } = video;
    const contentType = await mediaTypeOf(path);
    return await serveFile(ctx.req, { path, fileName, contentType, download: false });
  },
});
