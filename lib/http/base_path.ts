/**
 * Serves everything below a path, for proxies that have other things at the root.
 *
 * @module
 */

import type { Handler } from "./harden_handler.ts";

/**
 * Wraps a handler whose paths begin at the root, so that browsers reach it below a base path.
 *
 * Requests may come with that path or, from proxies that take it away, without. What answers lead to has it.
 *
 * @param getBasePath Such as `/vision`; empty for none
 */
export function serveBelow(handler: Handler, getBasePath: () => string): Handler {
  return async (request, info) => {
    const base = getBasePath();
    if (base === "") return await handler(request, info);
    const url = new URL(request.url);
    if (url.pathname === base) {
      return new Response(null, { status: 308, headers: { Location: `${base}/${url.search}` } });
    }
    if (url.pathname.startsWith(`${base}/`)) {
      url.pathname = url.pathname.slice(base.length);
      // On the request itself, since no copy of it could become a WebSocket.
      Object.defineProperty(request, "url", { value: url.href });
    }
    const response = await handler(request, info);
    return response.status === 101 ? response : await prefix(response, base);
  };
}

async function prefix(response: Response, base: string): Promise<Response> {
  const { headers, status } = response;
  const location = headers.get("Location");
  if (location?.startsWith("/")) headers.set("Location", base + location);
  const link = headers.get("Link");
  if (link !== null) headers.set("Link", link.replaceAll("</", `<${base}/`));
  if (!headers.get("Content-Type")?.startsWith("text/html") || response.body === null) {
    return response;
  }
  const html = (await response.text())
    .replace("<html", `<html data-base="${base}"`)
    .replace(/( (?:href|src)="|\bfrom")(?=\/)/g, `$1${base}`);
  headers.delete("Content-Length");
  return new Response(html, { status, headers });
}
