/** A door with limits that a test can wait for, in front of an application that does next to nothing. */

import { parseConfig } from "../../lib/config.ts";
import type { Handler, Transport } from "../../lib/front/app_server.ts";
import { type Front, openFront } from "../../lib/front/front.ts";
import type { ConnectionLimits } from "../../lib/front/limits.ts";

/** Limits of less than a second. */
export const SHORT_LIMITS: Partial<ConnectionLimits> = {
  headTimeoutMs: 300,
  idleTimeoutMs: 800,
  pace: { bytes: 1000, withinMs: 600 },
  writeTimeoutMs: 500,
  closeTimeoutMs: 400,
  maxWaitMs: 1500,
};

/** What the application has seen. */
export interface SmallApp extends AsyncDisposable {
  /** Such as `127.0.0.1:40123`. */
  host: string;
  front: Front;
  /** One line for each request that has come whole, with its body. */
  requests: string[];
  /** Messages of WebSockets, as their sizes. */
  messages: number[];
  /** Close codes of WebSockets that have ended. */
  closes: number[];
  /** Sockets that are open. */
  sockets: Set<WebSocket>;
}

/** Options for {@linkcode startSmallApp}. */
export interface SmallAppOptions {
  limits?: Partial<ConnectionLimits>;
  environment?: Record<string, string>;
  transport?: Transport;
  /** Stands in for the application. */
  handler?: Handler;
}

/**
 * Answers every request with its method, path and body; `/ws/…` are WebSockets that count messages; `/slow` takes a second,
 * `/early` answers without reading.
 */
export async function startSmallApp(
  { limits = SHORT_LIMITS, environment = {}, transport, handler }: SmallAppOptions = {},
): Promise<SmallApp> {
  const app = {
    requests: [] as string[],
    messages: [] as number[],
    closes: [] as number[],
    sockets: new Set<WebSocket>(),
  };
  const upgrade = (request: Request) => {
    const { socket, response } = Deno.upgradeWebSocket(request);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => app.sockets.add(socket);
    socket.onmessage = ({ data }) => app.messages.push(data.byteLength ?? data.length);
    socket.onerror = (event) => event.preventDefault();
    socket.onclose = ({ code }) => {
      app.sockets.delete(socket);
      app.closes.push(code);
    };
    return response;
  };
  const answer: Handler = async (request) => {
    const { pathname } = new URL(request.url);
    if (request.headers.has("Upgrade")) return upgrade(request);
    if (pathname === "/early") return new Response("early", { status: 413 });
    if (pathname === "/slow") await new Promise((resolve) => setTimeout(resolve, 1000));
    const body = await request.text().catch(() => undefined);
    if (body === undefined) return new Response("broken off", { status: 400 });
    const shown = body.length > 100 ? `${body.length} bytes` : body;
    const line = `${request.method} ${request.url} ${shown}`;
    app.requests.push(line);
    return new Response(line);
  };
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const front = await openFront(listener, {
    config: parseConfig({ STREAM_MAX_FRAME_SIZE_MB: "0.1", ...environment }),
    handler: handler ?? answer,
    limits,
    ...(transport !== undefined && { transport }),
  });
  return {
    ...app,
    host: new URL(front.url).host,
    front,
    [Symbol.asyncDispose]: () => front.stop(0),
  };
}
