import { checkAccess } from "../../../lib/http/access.ts";
import { api, ApiError } from "../../../lib/http/api.ts";
import { define } from "../../../state.ts";

/** Seconds after which a ping that nobody answers ends a connection that is only half there. */
const PING_TIMEOUT_S = 30;

function upgrade(request: Request): Deno.WebSocketUpgrade {
  try {
    return Deno.upgradeWebSocket(request, { idleTimeout: PING_TIMEOUT_S });
  } catch {
    throw new ApiError(426, "upgrade_required", "Connect to this path with a WebSocket");
  }
}

/** `WS /ws/video/stream?pipeline_id=<id>`: one stream of frames and answers. */
export const handler = define.handlers(api({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    if (ctx.req.headers.get("Upgrade")?.toLowerCase() !== "websocket") {
      throw new ApiError(426, "upgrade_required", "Connect to this path with a WebSocket");
    }
    checkAccess(ctx.req, config.stream);
    const { socket, response } = upgrade(ctx.req);
    socket.binaryType = "arraybuffer";
    const pipelineId = ctx.url.searchParams.get("pipeline_id");
    // The upgrade is accepted whatever the id, because a browser could not read a refusal.
    socket.onopen = () => streams.connect(socket, pipelineId);
    return response;
  },
}));
