/** Knows the streams that can be watched. */

import { SessionSummariesSchema, type SessionSummary } from "../../protocol/session_summary.ts";
import { apiUrl, read, request } from "../server_api.ts";
import { serverUrl } from "../server_url.ts";

/**
 * Asks the server for the streams that are open now.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 * @throws {ApiError} If that fails.
 */
export async function fetchSessions(page: string): Promise<SessionSummary[]> {
  return read(SessionSummariesSchema, await request(apiUrl(page, "/sessions"))).sessions;
}

/**
 * Asks the server for a small image of what a stream shows.
 *
 * @returns `null` where there is none now.
 * @throws {TypeError} If the server cannot be reached.
 */
export async function fetchThumbnail(page: string, sessionId: string): Promise<Blob | null> {
  const response = await fetch(apiUrl(page, `/sessions/${sessionId}/snapshot.jpg`));
  return response.ok ? await response.blob() : null;
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
