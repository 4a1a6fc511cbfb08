/** Knows the streams that can be watched. */

import * as v from "valibot";
import { SessionSummariesSchema, type SessionSummary } from "../../protocol/session_summary.ts";
import { serverUrl } from "../server_url.ts";

/** Thrown by {@linkcode fetchSessions} where the server asks for a token that the page has not. */
export class TokenError extends Error {
  /** `TokenError`, where it would be `Error` otherwise. */
  override readonly name = "TokenError";
}

/**
 * Asks the server for the streams that are open now.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 * @throws {TokenError} If the server asks for another token.
 * @throws {Error} If it cannot be reached, or does not answer with a list.
 */
export async function fetchSessions(page: string): Promise<SessionSummary[]> {
  const url = serverUrl("/sessions", page);
  const response = await fetch(url);
  if (response.status === 401) throw new TokenError("Cannot list the streams without the token");
  if (!response.ok) throw new Error(`Cannot list the streams: HTTP ${response.status}`);
  const answer = await response.json();
  if (!v.is(SessionSummariesSchema, answer)) {
    throw new Error("Cannot list the streams: no list in the answer");
  }
  return answer.sessions;
}

/** The address of a stream for viewers, with its frames. */
export function watchUrl(page: string, sessionId: string): string {
  const url = serverUrl("/ws/video/watch", page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.searchParams.set("session_id", sessionId);
  url.searchParams.set("frames", "1");
  return url.href;
}

/** The address of the page on which people watch a stream. */
export function watchPage(page: string, sessionId: string): string {
  const url = serverUrl("/watch", page);
  url.searchParams.set("session_id", sessionId);
  return url.pathname + url.search;
}
