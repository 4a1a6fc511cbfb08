import { readQuery } from "../../../lib/http/read_query.ts";
import { upgradeWebSocket } from "../../../lib/http/upgrade_web_socket.ts";
import { defineApi } from "../../../state.ts";

/** `WS /ws/video/stream?pipeline_id=<id>&name=<name>&stream_key=<key>&rules=<set>`: one stream of frames and answers. */
export const handler = defineApi({
  GET(ctx) {
    const { config, streams } = ctx.state.services;
    const naming = readQuery(ctx.url.searchParams, "StreamNaming");
    const { socket, response } = upgradeWebSocket(ctx.req, config.stream, streams.isStopping);
    const query = ctx.url.searchParams;
    const [pipelineId, rules] = [query.get("pipeline_id"), query.get("rules")];
    // The upgrade is accepted whatever the ids, because a browser could not read a refusal.
    socket.onopen = () => streams.connect(socket, pipelineId, rules, naming);
    return response;
  },
});
