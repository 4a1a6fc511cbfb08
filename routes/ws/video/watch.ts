import { upgradeWebSocket } from "../../../lib/http/upgrade_web_socket.ts";
import { defineApi } from "../../../state.ts";

/** `WS /ws/video/watch?session_id=<id>&frames=1`: the answers of somebody's stream, with its frames if asked for. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    const { socket, response } = upgradeWebSocket(ctx.req, config.stream, streams.isStopping);
    const { searchParams } = ctx.url;
    socket.onopen = () =>
      streams.watch(socket, searchParams.get("session_id"), searchParams.get("frames") === "1");
    return response;
  },
});
