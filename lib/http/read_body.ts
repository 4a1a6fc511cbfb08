/**
 * Reads request bodies with a limit.
 *
 * @module
 */

import { ApiError } from "./api.ts";

function tooLarge(maxBytes: number): ApiError {
  return new ApiError(413, "payload_too_large", `Body exceeds the limit of ${maxBytes} bytes`);
}

/**
 * Reads a whole body into memory, and stops reading as soon as it grows over the limit.
 *
 * @throws {ApiError} With 413 if the body is larger than `maxBytes`
 */
export async function readBody(
  request: Request,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("Content-Length")) > maxBytes) throw tooLarge(maxBytes);
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > maxBytes) throw tooLarge(maxBytes);
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    body.set(chunk, offset);
    offset += chunk.length;
  }
  return body;
}
