import { isHlsName, isPlaylist, withToken } from "../../../../lib/cameras/hls_playback.ts";
import { ApiError } from "../../../../lib/http/api.ts";
import { serveFile } from "../../../../lib/http/serve_file.ts";
import { defineCameraApi } from "../../../../state.ts";

/** `GET /camera/:id/hls/master.m3u8`, and what that names: the video of a camera, which is made while somebody plays it. */
export const handler = defineCameraApi({
  async GET(ctx) {
    const { id, file } = ctx.params;
    const camera = ctx.state.services.cameras.get(id);
    if (!isHlsName(file)) throw new ApiError(404, "not_found", "There is no such file now");
    // Where another server makes the video, its files are small enough to be fetched whole.
    const found = camera.elsewhere === undefined
      ? await camera.hls.find(file)
      : await camera.elsewhere.file(file);
    if (found === undefined && isPlaylist(file)) {
      const { last_error } = camera.stateMessage;
      const detail = camera.hls.isUnwritable
        ? "The video cannot be written: is there room on the server's disk?"
        : last_error?.detail ?? "The camera gives no frames now";
      throw new ApiError(503, "camera_unavailable", detail, { "Retry-After": "5" });
    }
    if (found === undefined) throw new ApiError(404, "not_found", "There is no such file now");
    if (!isPlaylist(file)) {
      if (typeof found !== "string") {
        return new Response(found, { headers: { "Content-Type": "video/mp2t" } });
      }
      return await serveFile(ctx.req, {
        path: found,
        fileName: file,
        contentType: "video/mp2t",
        download: false,
      });
    }
    const token = ctx.url.searchParams.get("token");
    const playlist = typeof found === "string"
      ? await Deno.readTextFile(found)
      : new TextDecoder().decode(found);
    return new Response(token === null ? playlist : withToken(playlist, token), {
      headers: { "Content-Type": "application/vnd.apple.mpegurl", "Cache-Control": "no-store" },
    });
  },
});
