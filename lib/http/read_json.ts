/**
 * Reads request bodies that are JSON.
 *
 * @module
 */

import { ApiError } from "./api.ts";
import type { BodyReader } from "./body_reader.ts";

/** Largest body in bytes. */
const MAX_BYTES = 65_536;

/**
 * Reads a body of at most 64 KiB.
 *
 * @throws {ApiError} As {@linkcode BodyReader.read} does, and with 400 for anything but JSON
 */
export async function readJson(bodies: BodyReader, request: Request): Promise<unknown> {
  return await bodies.read(request, { maxBytes: MAX_BYTES }, parseJson);
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder(undefined, { fatal: true }).decode(body));
  } catch {
    throw new ApiError(400, "bad_request", "Body is not JSON");
  }
}
