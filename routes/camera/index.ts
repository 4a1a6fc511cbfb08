import { readJson } from "../../lib/http/read_json.ts";
import { defineCameraApi } from "../../state.ts";

/** `GET /camera`: the cameras; `POST /camera`: adds one. */
export const handler = defineCameraApi({
  GET: (ctx) => Response.json(ctx.state.services.cameras.list()),
  async POST(ctx) {
    const { bodies, cameras } = ctx.state.services;
    return Response.json(cameras.add(await readJson(bodies, ctx.req)), { status: 201 });
  },
});
