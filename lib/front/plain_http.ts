/**
 * What clients are told that speak HTTP at a port for HTTPS, as browsers do with an address that was typed without `https://`.
 *
 * @module
 */

import { findHeadEnd } from "./head_lines.ts";
import { checkHeadStart, parseRequestHead } from "./request_head.ts";
import { RefusedRequest } from "./refused_request.ts";

/**
 * The answer to a connection without TLS.
 *
 * @param bytes What came first; browsers send the whole head of a request at once
 * @returns Bytes of an answer, which sends a browser to the same address over HTTPS; `undefined` if this is not HTTP
 */
export function answerPlainHttp(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    checkHeadStart(bytes);
  } catch {
    return undefined;
  }
  return redirectToHttps(bytes) ??
    new RefusedRequest(400, "This port speaks only HTTPS").toBytes();
}

function redirectToHttps(bytes: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  try {
    const { method, target, host, isUpgrade } = parseRequestHead(
      bytes.subarray(0, findHeadEnd(bytes)),
    );
    if (!["GET", "HEAD"].includes(method) || host === undefined || isUpgrade) return undefined;
    const lines = [
      "HTTP/1.1 307 Temporary Redirect",
      `Location: https://${host}${target}`,
      "Content-Length: 0",
      "Cache-Control: no-store",
      "Connection: close",
    ];
    return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  } catch {
    return undefined;
  }
}
