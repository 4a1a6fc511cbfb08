/**
 * What every answer carries, whatever route it comes from.
 *
 * @module
 */

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

/**
 * Tells browsers to come by HTTPS only from now on, where TLS ends here (RFC 6797).
 *
 * Not on `localhost`, whose other ports belong to other programs: browsers would ask those for HTTPS too.
 *
 * @param request As it has come through the door, with the scheme that the client used
 */
export function setTransportSecurity(request: Request, headers: Headers): void {
  const isLocal = /^(?:.+\.)?localhost(?::\d+)?$/i.test(request.headers.get("Host") ?? "");
  if (isLocal || !request.url.startsWith("https:")) return;
  headers.set("Strict-Transport-Security", "max-age=31536000");
}
