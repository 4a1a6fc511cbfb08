import { upgradeWebSocket } from "../../../lib/http/upgrade_web_socket.ts";
import { defineApi } from "../../../state.ts";

/** `WS /ws/jobs/:id`: a job as it is now and after every change, up to its end. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams, videos } = ctx.state.services;
    const { socket, response } = upgradeWebSocket(ctx.req, config.stream, streams.isStopping);
    // The upgrade is accepted whatever the id, because a browser could not read a refusal.
    videos.watch(socket, ctx.params.id);
    return response;
  },
});
