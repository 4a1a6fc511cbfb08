import { MJPEG_TYPE, mjpegStream } from "../../../lib/cameras/camera_images.ts";
import { readQuery } from "../../../lib/http/read_query.ts";
import { defineCameraApi } from "../../../state.ts";

/** `GET /camera/:id/stream.mjpeg?overlay=1`: the frames as they come, for players and home automation. */
export const handler = defineCameraApi({
  GET(ctx) {
    const { overlay } = readQuery(ctx.url.searchParams, "CameraImageQuery");
    const camera = ctx.state.services.cameras.get(ctx.params.id);
    const headers = { "Content-Type": MJPEG_TYPE, "Cache-Control": "no-store" };
    // The server leaves the body of an answer to HEAD out, and would never end one that has no end.
    if (ctx.req.method === "HEAD") return new Response(null, { headers });
    return new Response(mjpegStream(camera, { overlay: overlay === "1" }), { headers });
  },
});
