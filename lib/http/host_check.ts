/**
 * Which names of this server are answered.
 *
 * A page of another site can have its own name lead to this machine (DNS rebinding), and is then of the same origin as the
 * server to every browser. Only the name in its requests tells.
 *
 * @module
 */

import { isLoopback, parseAuthority, parseHostname } from "../host_name.ts";
import { ApiError } from "./api.ts";

/** What the check has to know of the server. */
export interface HostRules {
  /** Address or name that the server listens on. */
  hostname: string;
  /** Further names that lead to it, as {@linkcode parseHostname} gives them. */
  allowedHosts: readonly string[];
  /** The token that clients have to present; with one, every name is answered. */
  authToken: string | undefined;
}

/** Least milliseconds between two looks at the machine's addresses, which a network can change at any time. */
const REFRESH_MS = 1000;

/** Looks at the `Host` of requests. */
export class HostCheck {
  readonly #names: ReadonlySet<string>;
  readonly #answersAll: boolean;
  #addresses: ReadonlySet<string> = new Set();
  #refreshedAt = -Infinity;

  /** Notes the rules. */
  constructor({ hostname, allowedHosts, authToken }: HostRules) {
    this.#names = new Set([parseHostname(hostname) ?? "", ...allowedHosts]);
    this.#answersAll = authToken !== undefined;
  }

  /**
   * Lets a request pass or refuses it.
   *
   * @throws {ApiError} With 400 if it names no host, 421 if it names one that is not known here
   */
  check(headers: Headers): void {
    const { hostname } = parseAuthority(headers.get("Host") ?? "") ?? {};
    if (hostname === undefined) {
      const detail = "Send a Host header that holds a host and, if need be, a port";
      throw new ApiError(400, "invalid_host", detail);
    }
    if (this.#answersAll || isLoopback(hostname) || this.#names.has(hostname)) return;
    if (this.#isOwnAddress(hostname)) return;
    throw new ApiError(
      421,
      "misdirected_request",
      `This server does not answer as ${hostname.slice(0, 64)}: ` +
        "list the name in ALLOWED_HOSTS, or set STREAM_AUTH_TOKEN",
    );
  }

  #isOwnAddress(hostname: string): boolean {
    if (this.#addresses.has(hostname)) return true;
    const now = performance.now();
    if (now - this.#refreshedAt < REFRESH_MS) return false;
    this.#refreshedAt = now;
    const addresses = Deno.networkInterfaces().map(({ address }) => parseHostname(address) ?? "");
    this.#addresses = new Set(addresses);
    return this.#addresses.has(hostname);
  }
}
