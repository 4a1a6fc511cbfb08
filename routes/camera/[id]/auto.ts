import { defineCameraApi } from "../../../state.ts";

/** `POST /camera/:id/auto`: takes start and stop back, so that a camera runs while somebody looks, or always if it is so set. */
export const handler = defineCameraApi({
  POST: async (ctx) =>
    Response.json(await ctx.state.services.cameras.force(ctx.params.id, undefined)),
});
