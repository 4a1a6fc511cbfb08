import { takeSnapshot } from "../../../lib/cameras/camera_images.ts";
import { ApiError } from "../../../lib/http/api.ts";
import { readQuery } from "../../../lib/http/read_query.ts";
import { defineCameraApi } from "../../../state.ts";

/** `GET /camera/:id/snapshot.jpg?overlay=1`: the newest frame, with what was found drawn in if asked for. */
export const handler = defineCameraApi({
  async GET(ctx) {
    const { overlay } = readQuery(ctx.url.searchParams, "CameraImageQuery");
    const camera = ctx.state.services.cameras.get(ctx.params.id);
    const jpeg = await takeSnapshot(camera, { overlay: overlay === "1" });
    if (jpeg !== undefined) {
      return new Response(jpeg, {
        headers: { "Content-Type": "image/jpeg", "Cache-Control": "no-store" },
      });
    }
    const { last_error } = camera.stateMessage;
    const detail = last_error?.detail ?? "The camera gives no frame now";
    throw new ApiError(503, "camera_unavailable", detail, { "Retry-After": "5" });
  },
});
