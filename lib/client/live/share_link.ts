/** The link by which others watch the stream of this page. */

import { watchPage } from "../watch/sessions.ts";

/** Where a link works. */
export interface ShareLink {
  /** The whole address. */
  href: string;
  /** Whether it leads to the device itself, and so opens nowhere else. */
  isForThisDevice: boolean;
  /** Whether it holds the token of the server. */
  hasToken: boolean;
}

/** Names by which a device means itself. */
const LOOPBACK = /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * The link to a stream.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 * @param lanOrigin Where other devices of the network find the server, such as `https://192.168.1.20:8000`; taken where the
 * page was opened at an address that only this device knows.
 */
export function shareLink(
  page: string,
  sessionId: string,
  lanOrigin: string | undefined,
): ShareLink {
  const { hostname, origin } = new URL(page);
  const base = LOOPBACK.test(hostname) ? lanOrigin ?? origin : origin;
  const url = new URL(watchPage(page, sessionId), base);
  return {
    href: url.href,
    isForThisDevice: LOOPBACK.test(url.hostname),
    hasToken: url.searchParams.has("token"),
  };
}
