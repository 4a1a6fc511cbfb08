/** A server that answers each frame at once, behind the door or without it; for bench/door_bench.ts. */

import { parseConfig } from "../lib/config.ts";
import { openFront } from "../lib/front/front.ts";

/** As long as a usual result. */
const ANSWER = JSON.stringify({ frame_index: 1, result: "x".repeat(600) });

function handler(request: Request): Response {
  const { socket, response } = Deno.upgradeWebSocket(request);
  socket.binaryType = "arraybuffer";
  socket.onmessage = () => socket.send(ANSWER);
  return response;
}

function say(host: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${host}\n`));
}

if (Deno.args[0] === "door") {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const front = await openFront(listener, { config: parseConfig({}), handler });
  say(new URL(front.url).host);
} else {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  say(`127.0.0.1:${server.addr.port}`);
}
