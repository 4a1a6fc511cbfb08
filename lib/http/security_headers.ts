/**
 * What every answer carries, whatever route it comes from.
 *
 * @module
 */

import type { Context } from "fresh";
import { ApiError } from "./api.ts";

/** First segments of the paths that answer programs; all others are pages. */
const API_SEGMENTS = [
  "health",
  "metrics",
  "openapi.json",
  "pipelines",
  "ready",
  "sessions",
  "v1",
  "video",
  "ws",
];

const HEADERS: Readonly<Record<string, string>> = {
  "X-Content-Type-Options": "nosniff",
  "Referrer-Policy": "no-referrer",
  "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
  "Cross-Origin-Opener-Policy": "same-origin",
};

/** Everything comes from here, and no script runs but those of the build and those that carry the page's nonce. */
function contentSecurityPolicy(nonce = ""): string {
  return [
    "default-src 'self'",
    `script-src 'self' ${nonce}`.trim(),
    "style-src 'self'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** Sets the headers that keep browsers from guessing, leaking and running what is not ours; returns the same object. */
export function setSecurityHeaders(headers: Headers): Headers {
  // Fresh's own policy holds the nonce; the rest of it is laxer, and would ask for HTTPS where there may be none.
  const nonce = /'nonce-[^']+'/.exec(headers.get("Content-Security-Policy") ?? "")?.[0];
  headers.set("Content-Security-Policy", contentSecurityPolicy(nonce));
  for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value);
  return headers;
}

/** Sets the security headers of every answer that comes through the routes. */
export async function securityHeaders<State>(ctx: Context<State>): Promise<Response> {
  const response = await ctx.next();
  // The answer to an upgrade belongs to the WebSocket and cannot be changed.
  if (response.status !== 101) setSecurityHeaders(response.headers);
  return response;
}

/**
 * The answer to an unknown path of the interface, since a program cannot read the page for it.
 *
 * @returns `undefined` for a path where people would look
 */
export function answerUnknownApiPath(url: URL): Response | undefined {
  if (!API_SEGMENTS.includes(url.pathname.split("/")[1])) return undefined;
  const response = new ApiError(404, "not_found", "There is nothing at this path").toResponse();
  setSecurityHeaders(response.headers);
  return response;
}
