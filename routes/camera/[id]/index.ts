import { toCameraView } from "../../../lib/cameras/camera_view.ts";
import { readJson } from "../../../lib/http/read_json.ts";
import { defineCameraApi } from "../../../state.ts";

/** `GET /camera/:id`: one camera; `PATCH`: changes it; `DELETE`: removes it. */
export const handler = defineCameraApi({
  GET: (ctx) => Response.json(toCameraView(ctx.state.services.cameras.get(ctx.params.id))),
  async PATCH(ctx) {
    const { bodies, cameras } = ctx.state.services;
    return Response.json(await cameras.change(ctx.params.id, await readJson(bodies, ctx.req)));
  },
  async DELETE(ctx) {
    await ctx.state.services.cameras.remove(ctx.params.id);
    return new Response(null, { status: 204 });
  },
});
