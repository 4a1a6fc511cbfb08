/**
 * Hosts and ports in one spelling, so that they can be compared.
 *
 * @module
 */

/** A host as it stands in an address. */
export interface Authority {
  /** In small letters without a trailing dot; IPv4 as four numbers, IPv6 in brackets and in its shortest spelling. */
  hostname: string;
  /** Empty for the default ports of HTTP and HTTPS. */
  port: string;
}

/** Ports that browsers leave out where they are the scheme's own, and that some proxies add. */
const DEFAULT_PORTS = ["80", "443"];

/**
 * Parses a host and a port, such as the `Host` header holds.
 *
 * @returns `undefined` if it is neither, or more than that
 */
export function parseAuthority(text: string): Authority | undefined {
  // With any of these it would be parsed as a whole URL, or as another host than it looks like.
  if (text === "" || /[\s/\\?#@%]/.test(text)) return undefined;
  const url = URL.parse(`http://${text}`);
  if (url === null) return undefined;
  const port = DEFAULT_PORTS.includes(url.port) ? "" : url.port;
  return { hostname: url.hostname.replace(/\.$/, ""), port };
}

/**
 * Parses a host name, or an address with or without brackets.
 *
 * @returns It as in {@linkcode Authority}; `undefined` if it is none
 */
export function parseHostname(text: string): string | undefined {
  // A name with a port is no IPv6 address and fails as one.
  const isBare = text.includes(":") && !text.startsWith("[");
  const { hostname = "" } = parseAuthority(isBare ? `[${text}]` : text) ?? {};
  const isAlone = isBare || !/\]:/.test(text);
  return isAlone && /^(?:[\w.-]+|\[.+\])$/.test(hostname) ? hostname : undefined;
}

/** Whether a host name, spelt as in {@linkcode Authority}, always leads to the machine itself. */
export function isLoopback(hostname: string): boolean {
  return /^(?:.+\.)?localhost$/.test(hostname) || /^127(?:\.\d+){3}$/.test(hostname) ||
    hostname === "[::1]" || /^\[::ffff:7f[\da-f]{2}:/.test(hostname);
}
