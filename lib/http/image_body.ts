/**
 * Takes images out of request bodies.
 *
 * @module
 */

import { ApiError } from "./api.ts";
import type { BodyReader } from "./body_reader.ts";
import { takeFormImage } from "./form_image.ts";

const IMAGE_TYPES = ["image/jpeg", "image/png", "image/webp"];
/** What else programs call an image; its bytes tell what it is. */
const OTHER_NAMES = ["image/jpg", "image/pjpeg", "application/octet-stream"];
/** Boundaries and part headers of a form with one file. */
const FORM_OVERHEAD_BYTES = 4096;
/** The form itself, what of its part is on the way, and what is copied out of that. */
const FORM_COPIES = 3;

/** Bytes of memory that are needed to take an image of at most so many bytes. */
export function imageMemory(maxBytes: number): number {
  return FORM_COPIES * (maxBytes + FORM_OVERHEAD_BYTES);
}

/**
 * Reads an image, which is the body itself or a form's part named `file`, and lets it be handled.
 *
 * @param maxBytes Largest image; one of exactly this size passes
 * @throws {ApiError} As {@linkcode BodyReader.read} does, 415 for another type, and 400 for a form without an image
 */
export async function withImage<T>(
  bodies: BodyReader,
  request: Request,
  maxBytes: number,
  handle: (image: Uint8Array<ArrayBuffer>) => Promise<T>,
): Promise<T> {
  const header = request.headers.get("Content-Type") ?? "";
  const type = (header.split(";")[0] ?? "").trim().toLowerCase();
  if ([...IMAGE_TYPES, ...OTHER_NAMES].includes(type)) {
    return await bodies.read(request, { maxBytes }, handle);
  }
  if (type !== "multipart/form-data") {
    throw new ApiError(
      415,
      "unsupported_media_type",
      `Send ${IMAGE_TYPES.join(", ")}, or multipart/form-data with a part named file`,
    );
  }
  const options = { maxBytes: maxBytes + FORM_OVERHEAD_BYTES, copies: FORM_COPIES };
  return await bodies.read(
    request,
    options,
    async (body) => await handle(await takeFile(body, header, maxBytes)),
  );
}

async function takeFile(
  body: Uint8Array<ArrayBuffer>,
  contentType: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const image = await takeFormImage(body, contentType);
  if (image.length > maxBytes) {
    throw new ApiError(413, "payload_too_large", `Body exceeds the limit of ${maxBytes} bytes`);
  }
  return image;
}
