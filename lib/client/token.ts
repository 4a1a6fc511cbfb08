/** What a page does about the token of its server, which it has from its own address, and keeps for the next visit. */

import type { Explanation } from "./explanation.ts";
import { recall, remember } from "./remember.ts";
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
 * Whether the server refuses what needs a token; one that it accepts is kept.
 *
 * @param page Address of the page; its `token`, when it has one, is passed on.
 * @returns `false` also when the server cannot be reached.
 */
export async function isTokenRefused(page: string): Promise<boolean> {
  try {
    const { ok, status } = await fetch(serverUrl("/sessions", page));
    if (ok) keepToken(page);
    return status === 401;
  } catch {
    return false;
  }
}

/**
 * Keeps a token that the server has accepted, so that the next visit of any page needs none.
 *
 * @param address Of a page, or of what it has asked for, with the token in it, if there is one.
 */
export function keepToken(address: string): void {
  const token = new URL(address).searchParams.get("token");
  if (token !== null && token !== recall("livesyte.token")) remember("livesyte.token", token);
}

/**
 * Where to go when the server asks for its token: to the same page with the token that was kept.
 *
 * @returns `null` where there is none, or where the page has a token already; one that is wrong is forgotten.
 */
export function addressWithKeptToken(page: string): string | null {
  const url = new URL(page);
  const [tried, kept] = [url.searchParams.get("token"), recall("livesyte.token")];
  if (tried !== null && tried === kept) remember("livesyte.token", null);
  if (tried !== null || kept === null) return null;
  url.searchParams.set("token", kept);
  return url.href;
}
