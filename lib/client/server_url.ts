/** Addresses of the server as a page reaches it. */

import { withToken } from "./with_token.ts";

/**
 * A path of the server as browsers reach it: below that which the document names, where a proxy has the server at
 * `https://example.com/vision/`. On the server itself, which puts it before the paths of a whole page, it stays.
 */
export function atBase(path: string): string {
  return (globalThis.document?.documentElement.dataset.base ?? "") + path;
}

/**
 * The address of something on the server.
 *
 * @param path Such as `/sessions`.
 * @param page Address of the page; its `token`, when it has one, is passed on.
 */
export function serverUrl(path: string, page: string): URL {
  return withToken(new URL(atBase(path), page), page);
}
