import { isTrusted } from "../../lib/http/access.ts";
import { readJson } from "../../lib/http/read_json.ts";
import type { CameraList } from "../../lib/protocol/camera.ts";
import { defineCameraApi } from "../../state.ts";

/** `GET /camera`: the cameras; `POST /camera`: adds one. */
export const handler = defineCameraApi({
  GET({ req, info, state: { services } }) {
    const can_change = isTrusted(req, info.remoteAddr, services.config.stream);
    return Response.json({ cameras: services.cameras.list(), can_change } satisfies CameraList);
  },
  async POST(ctx) {
    const { bodies, cameras } = ctx.state.services;
    return Response.json(await cameras.add(await readJson(bodies, ctx.req)), { status: 201 });
  },
});
