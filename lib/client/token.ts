/** What a page does about the token of its server, which it has from its own address. */

import type { Explanation } from "./explanation.ts";
import { serverUrl } from "./server_url.ts";

/**
 * What to tell the person when the server asks for its token, on every page alike.
 *
 * @param search Query of the page's address, by default of the page that is open.
 */
export function explainMissingToken(search: string = globalThis.location?.search): Explanation {
  const isWrong = new URLSearchParams(search).has("token");
  return {
    title: isWrong ? "The server does not accept this token" : "The server asks for a token",
    remedy: "Enter the token here. Whoever runs the server can tell you.",
    asksForToken: true,
  };
}

/**
 * Whether the server refuses what needs a token.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 * @returns `false` also when the server cannot be reached.
 */
export async function isTokenRefused(page: string): Promise<boolean> {
  try {
    return (await fetch(serverUrl("/sessions", page))).status === 401;
  } catch {
    return false;
  }
}
