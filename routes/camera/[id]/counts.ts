import type { CameraCounts } from "../../../lib/protocol/camera.ts";
import { defineCameraApi } from "../../../state.ts";

/** `GET /camera/:id/counts`: what the rules of a camera have counted. */
export const handler = defineCameraApi({
  async GET(ctx) {
    const camera = ctx.state.services.cameras.get(ctx.params.id);
    const counts = await camera.elsewhere?.counts() ?? camera.counts;
    return Response.json({ counts } satisfies CameraCounts);
  },
});
