import type { Middleware } from "./types.ts";

/** The property of a rendered response that holds the nonce of its script. */
export const NONCE: unique symbol = Symbol.for("__freshNonce");

const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self'",
  "img-src 'self' data:",
  "media-src 'self' data: blob:",
  "worker-src 'self' blob:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "upgrade-insecure-requests",
].join("; ");

/**
 * A middleware that sets the Content-Security-Policy header; on rendered pages, it allows only the
 * inline code that carries the nonce of the page.
 */
export function csp<State>(_options: { useNonce: true }): Middleware<State> {
  return async (ctx) => {
    const response = await ctx.next();
    const nonce = (response as { [NONCE]?: string })[NONCE];
    const policy = nonce === undefined
      ? POLICY
      : POLICY.replaceAll("'unsafe-inline'", `'nonce-${nonce}'`);
    response.headers.set("Content-Security-Policy", policy);
    return response;
  };
}
