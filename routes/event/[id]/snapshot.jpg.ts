import { serveFile } from "../../../lib/http/serve_file.ts";
import { defineEventApi } from "../../../state.ts";

/** `GET /event/:id/snapshot.jpg`: the frame in which an event was noticed. */
export const handler = defineEventApi({
  async GET(ctx) {
    const { id } = ctx.params;
    return await serveFile(ctx.req, {
      path: await ctx.state.services.events.snapshotPath(id),
      contentType: "image/jpeg",
      fileName: `${id}.jpg`,
      download: false,
      cacheControl: "private, max-age=86400, immutable",
    });
  },
});
