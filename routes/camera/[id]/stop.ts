import { defineCameraApi } from "../../../state.ts";

/** `POST /camera/:id/stop`: keeps a camera off, whoever looks at it, until it is told otherwise or changed. */
export const handler = defineCameraApi({
  POST: async (ctx) => Response.json(await ctx.state.services.cameras.force(ctx.params.id, "off")),
});
