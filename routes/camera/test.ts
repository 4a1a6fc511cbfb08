import { readJson } from "../../lib/http/read_json.ts";
import { defineCameraApi } from "../../state.ts";

/** `POST /camera/test`: opens an address for a moment, and answers with a frame of it, or why there is none. */
export const handler = defineCameraApi({
  async POST(ctx) {
    const { bodies, cameras } = ctx.state.services;
    return Response.json(await cameras.test(await readJson(bodies, ctx.req)));
  },
});
