/**
 * Requests that the door does not let through, and what their senders are told.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

const STATUS_TEXTS = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  505: "HTTP Version Not Supported",
} as const;

/** HTTP status of an answer that the door gives by itself. */
export type RefusalStatus = keyof typeof STATUS_TEXTS;

const CODES: Readonly<Record<RefusalStatus, string>> = {
  400: "bad_request",
  408: "request_timeout",
  431: "headers_too_large",
  501: "not_implemented",
  502: "bad_gateway",
  503: "overloaded",
  505: "version_not_supported",
};

/** Thrown for a request that is answered by the door itself and ends its connection. */
export class RefusedRequest extends NamedError {
  /** HTTP status of the answer. */
  readonly status: RefusalStatus;
  /** A word for programs; the answer's `error`. */
  readonly code: string;

  /**
   * Refuses a request.
   *
   * @param detail A sentence for the client
   */
  constructor(status: RefusalStatus, detail: string) {
    super(detail);
    this.status = status;
    this.code = CODES[status];
  }

  /** The answer as it goes over the wire. */
  toBytes(): Uint8Array<ArrayBuffer> {
    const body = JSON.stringify({ error: this.code, detail: this.message });
    const lines = [
      `HTTP/1.1 ${this.status} ${STATUS_TEXTS[this.status]}`,
      "Content-Type: application/json",
      `Content-Length: ${body.length}`,
      "X-Content-Type-Options: nosniff",
      ...(this.status === 503 ? ["Retry-After: 1"] : []),
      "Connection: close",
    ];
    return new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n${body}`);
  }
}
