import { upgradeWebSocket } from "../../../lib/http/upgrade_web_socket.ts";
import { defineApi } from "../../../state.ts";

/** `WS /ws/cameras/:id?frames=1`: what a camera sees, which is started for it: its state, and the answers, with the frames if asked for. */
export const handler = defineApi({
  GET(ctx) {
    const { cameras, config, streams } = ctx.state.services;
    const { socket, response } = upgradeWebSocket(ctx.req, config.stream, streams.isStopping);
    const { id } = ctx.params;
    const wantsFrames = ctx.url.searchParams.get("frames") === "1";
    socket.onopen = () => {
      const camera = cameras.find(id);
      if (camera !== undefined) socket.send(JSON.stringify(camera.stateMessage));
      streams.watchCamera(socket, camera?.stream, id, wantsFrames);
    };
    return response;
  },
});
