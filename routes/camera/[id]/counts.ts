import type { CameraCounts } from "../../../lib/protocol/camera.ts";
import { defineCameraApi } from "../../../state.ts";

/** `GET /camera/:id/counts`: what the rules of a camera have counted. */
export const handler = defineCameraApi({
  GET(ctx) {
    const { counts } = ctx.state.services.cameras.get(ctx.params.id);
    return Response.json({ counts } satisfies CameraCounts);
  },
});
