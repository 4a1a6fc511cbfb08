/**
 * The head of a request, as far as the door has to understand it.
 *
 * @module
 */

import type { BodyLength } from "./body_framing.ts";
import { type HeadLines, listOf, MalformedHeadError, parseHeadLines } from "./head_lines.ts";
import { RefusedRequest } from "./refused_request.ts";

/** What the door knows of a request. */
export interface RequestHead {
  /** Such as `GET`. */
  method: string;
  /** Path and query; always begins with a slash. */
  target: string;
  /** `HTTP/1.1` or `HTTP/1.0`. */
  version: string;
  /** The `Host` header; `undefined` if there is none, or none that can stand in a URL. */
  host: string | undefined;
  /** What follows the head. */
  body: BodyLength;
  /** Whether it asks for a WebSocket. */
  isUpgrade: boolean;
  /** The header lines as they came, without the request line, and with the empty line at the end. */
  lines: Uint8Array<ArrayBuffer>;
}

const REQUEST_LINE = /^([!#$%&'*+\-.^_`|~\w]+) ([\x21-\x7e]+) HTTP\/(\d\.\d)$/;

function badRequest(detail: string): RefusedRequest {
  return new RefusedRequest(400, detail);
}

/**
 * How long the body is.
 *
 * Whatever two readers might take for different lengths is refused (RFC 9112, 6.3 and 11.2).
 */
function bodyLengthOf(head: HeadLines, version: string): BodyLength {
  const lengths = head.fields.get("content-length") ?? [];
  const codings = head.fields.get("transfer-encoding") ?? [];
  if (codings.length > 0) {
    if (lengths.length > 0) throw badRequest("Content-Length and Transfer-Encoding contradict");
    if (version !== "1.1" || codings.length > 1 || codings[0].toLowerCase() !== "chunked") {
      throw badRequest("The only Transfer-Encoding is chunked, in HTTP/1.1");
    }
    return "chunked";
  }
  if (lengths.length === 0) return 0;
  if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0])) {
    throw badRequest("Content-Length is not one whole number");
  }
  return Number(lengths[0]);
}

/** The host, where it can be a part of a URL without breaking out of it; the application looks at the rest. */
function hostOf({ fields }: HeadLines): string | undefined {
  const hosts = fields.get("host") ?? [];
  if (hosts.length > 1) throw badRequest("There is more than one Host");
  const [host = ""] = hosts;
  const isFit = /^[\w.~%!$&'()*+,;=:[\]-]+$/.test(host) && URL.canParse(`http://${host}/`);
  return isFit ? host : undefined;
}

function readLines(bytes: Uint8Array): HeadLines {
  try {
    return parseHeadLines(bytes);
  } catch (error) {
    throw error instanceof MalformedHeadError ? badRequest(error.message) : error;
  }
}

/**
 * Reads the head of a request.
 *
 * @param bytes The complete head, with the empty line at its end
 * @throws {RefusedRequest} If it is malformed, ambiguous, or nothing that this server does
 */
export function parseRequestHead(bytes: Uint8Array): RequestHead {
  const head = readLines(bytes);
  const [, method, target, version] = REQUEST_LINE.exec(head.first) ?? [];
  if (method === undefined) throw badRequest("The request line is malformed");
  if (version !== "1.1" && version !== "1.0") {
    throw new RefusedRequest(505, "Use HTTP/1.1");
  }
  if (method === "CONNECT") throw new RefusedRequest(501, "This server is not a proxy");
  if (!target.startsWith("/")) throw badRequest("The target of a request begins with a slash");
  const body = bodyLengthOf(head, version);
  const isUpgrade = listOf(head, "upgrade").includes("websocket") &&
    listOf(head, "connection").includes("upgrade");
  if (isUpgrade && body !== 0) throw badRequest("An upgrade has no body");
  return {
    method,
    target,
    version: `HTTP/${version}`,
    host: hostOf(head),
    body,
    isUpgrade,
    lines: bytes.slice(head.first.length + 2),
  };
}

/**
 * Looks whether bytes can be the beginning of a head, so that who speaks something else, such as TLS, is told at once.
 *
 * @throws {RefusedRequest} If they cannot
 */
export function checkHeadStart(bytes: Uint8Array): void {
  const isMethod = /^[A-Z]/i.test(String.fromCharCode(bytes[0] ?? 65));
  if (!isMethod) throw badRequest("This is not HTTP");
}

/** How the application is to see a request. */
export interface ForwardOptions {
  /** Of the URL that the client used. */
  scheme: "http" | "https";
  /** Stands in for a `Host` that is missing or malformed, in the URL only. */
  fallbackHost: string;
  /** Further header lines, each with its line end. */
  extraLines: string;
}

/**
 * The head that goes to the application: the same header lines, and the whole URL, which it could not know otherwise behind a
 * Unix socket (RFC 9112, 3.2.2).
 */
export function forwardedHead(
  { method, target, version, host, lines }: RequestHead,
  { scheme, fallbackHost, extraLines }: ForwardOptions,
): Uint8Array<ArrayBuffer> {
  const first = `${method} ${scheme}://${host ?? fallbackHost}${target} ${version}\r\n`;
  const start = new TextEncoder().encode(first + extraLines);
  const head = new Uint8Array(start.length + lines.length);
  head.set(start);
  head.set(lines, start.length);
  return head;
}
