/**
 * The head of an answer, which comes from the application and is trusted.
 *
 * @module
 */

import type { BodyLength } from "./body_framing.ts";
import { listOf, parseHeadLines } from "./head_lines.ts";

/** What the door knows of an answer. */
export interface ResponseHead {
  /** HTTP status; below 200 another head follows, except for 101. */
  status: number;
  /** What follows the head. */
  body: BodyLength;
  /** Whether the connection ends with this answer. */
  isLast: boolean;
}

/**
 * Reads the head of an answer.
 *
 * @param bytes The complete head, with the empty line at its end
 * @param method Of the request
 * @throws {MalformedHeadError} If it is none
 */
export function parseResponseHead(bytes: Uint8Array, method: string): ResponseHead {
  const head = parseHeadLines(bytes);
  const status = Number(head.first.split(" ", 2)[1]);
  const hasBody = method !== "HEAD" && status >= 200 && status !== 204 && status !== 304;
  const length = head.fields.get("content-length")?.[0];
  const body = !hasBody
    ? 0
    : listOf(head, "transfer-encoding").includes("chunked")
    ? "chunked"
    : length === undefined
    ? "until_end"
    : Number(length);
  const isOld = head.first.startsWith("HTTP/1.0");
  const connection = listOf(head, "connection");
  const isLast = body === "until_end" || connection.includes("close") ||
    (isOld && !connection.includes("keep-alive"));
  return { status, body, isLast };
}
