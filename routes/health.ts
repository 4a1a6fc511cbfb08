import { defineApi } from "../state.ts";

/** `GET /health`: whether the server is alive and how much it is doing. */
export const handler = defineApi({
  GET(ctx) {
    const health = ctx.state.services.health();
    return Response.json(health, { status: health.status === "unhealthy" ? 503 : 200 });
  },
});
