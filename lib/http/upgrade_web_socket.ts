/**
 * Turns requests into WebSockets, after the checks that come before an upgrade.
 *
 * @module
 */

import { type AccessRules, checkAccess } from "./access.ts";
import { withSpan } from "../telemetry/traces.ts";
import { ApiError } from "./api.ts";

/** Seconds after which a ping that nobody answers ends a connection that is only half there. */
const PING_TIMEOUT_S = 30;

function upgradeRequired(): ApiError {
  return new ApiError(426, "upgrade_required", "Connect to this path with a WebSocket");
}

/**
 * Upgrades a request.
 *
 * @param isStopping Whether the server takes nobody new any more
 * @returns A WebSocket whose binary messages are `ArrayBuffer`s, and the response to answer with
 * @throws {ApiError} With 426 if the request is no upgrade, 403 or 401 if it may not connect, 503 if the server stops
 */
export function upgradeWebSocket(
  request: Request,
  rules: AccessRules,
  isStopping: boolean,
): Deno.WebSocketUpgrade {
  if (request.headers.get("Upgrade")?.toLowerCase() !== "websocket") throw upgradeRequired();
  checkAccess(request, rules);
  if (isStopping) throw new ApiError(503, "shutting_down", "The server is stopping");
  try {
    return withSpan("upgrade", () => {
      const upgrade = Deno.upgradeWebSocket(request, { idleTimeout: PING_TIMEOUT_S });
      upgrade.socket.binaryType = "arraybuffer";
      return upgrade;
    });
  } catch {
    // A handshake without its key or with a foreign version.
    throw upgradeRequired();
  }
}
