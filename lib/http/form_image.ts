/**
 * Takes an image out of a form.
 *
 * @module
 */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Busboy, type BusboyFileStream } from "@fastify/busboy";
import { ApiError } from "./api.ts";

/** What a form may hold. Each part takes time, and all requests wait for it. */
const FORM_LIMITS = { parts: 16, fieldSize: 1024, headerPairs: 50 };

/** Bytes that are looked at before others have a turn. */
const BYTES_AT_ONCE = 65_536;

/**
 * Takes the first file that is named `file` out of a form.
 *
 * @param body A form as `multipart/form-data`
 * @param contentType Its media type, with the boundary
 * @returns A copy
 * @throws {ApiError} With 400 if there is none, the form is not complete, or it has more than 16 parts
 */
export async function takeFormImage(
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const abort = new AbortController();
  let chunks: Uint8Array[] | undefined;
  const take = (name: string, stream: BusboyFileStream) => {
    // An error event without a listener would end the server.
    stream.on("error", () => {});
    if (name !== "file" || chunks !== undefined) return void stream.resume();
    const taken: Uint8Array[] = chunks = [];
    stream.on("data", (chunk: Uint8Array) => taken.push(chunk));
  };
  try {
    const form = new Busboy({ headers: { "content-type": contentType }, limits: FORM_LIMITS });
    form.on("file", take);
    form.on("partsLimit", () => abort.abort(tooManyParts()));
    await pipeline(Readable.from(slices(body)), form, { signal: abort.signal });
  } catch {
    if (abort.signal.aborted) throw abort.signal.reason;
    throw noImage();
  }
  if (chunks === undefined) throw noImage();
  return new Uint8Array(await new Blob(chunks as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}

function* slices(body: Uint8Array): Generator<Uint8Array> {
  for (let start = 0; start < body.length; start += BYTES_AT_ONCE) {
    yield body.subarray(start, start + BYTES_AT_ONCE);
  }
}

function tooManyParts(): ApiError {
  const detail = `The form has more than ${FORM_LIMITS.parts} parts`;
  return new ApiError(400, "bad_request", detail);
}

function noImage(): ApiError {
  return new ApiError(400, "bad_request", "The form has no part named file that holds an image");
}
