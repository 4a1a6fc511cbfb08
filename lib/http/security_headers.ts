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

/** Headers that keep browsers from guessing types, telling others where people came from, and opening devices for others. */
export async function securityHeaders<State>(ctx: Context<State>): Promise<Response> {
  const response = await ctx.next();
  // The answer to an upgrade belongs to the WebSocket and cannot be changed.
  if (response.status === 101) return response;
  response.headers.set("X-Content-Type-Options", "nosniff");
  response.headers.set("Referrer-Policy", "no-referrer");
  response.headers.set("Permissions-Policy", "camera=(self), microphone=(), geolocation=()");
  response.headers.set("Cross-Origin-Opener-Policy", "same-origin");
  return response;
}

/** Answers an unknown path of the interface with JSON, since a program cannot read the page for it. */
export async function answerUnknownApiPath<State>(ctx: Context<State>): Promise<Response> {
  const response = await ctx.next();
  const isApi = API_SEGMENTS.includes(ctx.url.pathname.split("/")[1]);
  const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
  if (!isApi || isJson || response.status !== 404) return response;
  await response.body?.cancel();
  return new ApiError(404, "not_found", "There is nothing at this path").toResponse();
}
