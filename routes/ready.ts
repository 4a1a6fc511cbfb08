import { ApiError } from "../lib/http/api.ts";
import type { Ready } from "../lib/protocol/health.ts";
import { defineApi } from "../state.ts";

/** `GET /ready`: 200 only after an inference on a known image has found what is on it. */
export const handler = defineApi({
  async GET(ctx) {
    const problem = await ctx.state.services.readiness();
    if (problem !== undefined) throw new ApiError(503, "not_ready", problem);
    return Response.json({ status: "ready" } satisfies Ready);
  },
});
