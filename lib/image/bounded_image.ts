/**
 * Keeps small files from taking long, or much memory, to decode.
 *
 * An image's pixels are bounded by its header. This is for what is not: decoders pass over all pixels once for each scan of a
 * JPEG, and unpack each note of a PNG, which may be a thousand times as long as it is in the file.
 *
 * @module
 */

import { ImageDecodeError } from "./errors.ts";
import { isJpeg } from "./jpeg_header.ts";

/** Most scans of a JPEG. Encoders of progressive ones write some ten to twenty; each passes over all pixels. */
export const MAX_SCANS = 50;

const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const RIFF_SIGNATURE = [0x52, 0x49, 0x46, 0x46];
/** After the signature of RIFF and four bytes of length. */
const WEBP_SIGNATURE = [0x57, 0x45, 0x42, 0x50];
/** The chunks of a PNG that its pixels are made from, and the one that tells how they are turned; none is a compressed note. */
const PIXEL_CHUNKS: ReadonlySet<number> = new Set(
  ["IHDR", "PLTE", "tRNS", "eXIf", "IDAT", "IEND"].map((type) =>
    new DataView(new TextEncoder().encode(type).buffer).getUint32(0)
  ),
);

/** Markers of JPEG (ITU-T T.81, table B.1). */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/**
 * Checks an encoded image before it is decoded.
 *
 * @param bytes A JPEG, PNG or WebP, whole or not
 * @returns The same, or a copy without what its pixels and their orientation do not depend on
 * @throws {ImageDecodeError} If it is none of these, or a JPEG of more than {@linkcode MAX_SCANS} scans
 */
export function boundImage(bytes: Uint8Array): Uint8Array {
  if (begins(bytes, PNG_SIGNATURE)) return keepPixels(bytes);
  if (isJpeg(bytes)) checkScans(bytes);
  else if (!begins(bytes, RIFF_SIGNATURE) || !begins(bytes.subarray(8), WEBP_SIGNATURE)) {
    throw new ImageDecodeError("Cannot decode the image: expected a JPEG, PNG or WebP");
  }
  return bytes;
}

function begins(bytes: Uint8Array, signature: readonly number[]): boolean {
  return signature.every((byte, index) => bytes[index] === byte);
}

/** Walks from marker to marker as decoders do, up to the end of the image. */
function checkScans(bytes: Uint8Array): void {
  let scans = 0;
  for (let at = 2; (at = bytes.indexOf(0xff, at)) >= 0;) {
    const marker = bytes[at + 1];
    if (marker === undefined || marker === EOI) return;
    if (marker === 0xff) {
      // Any marker may be preceded by fill bytes.
      while (bytes[at + 1] === 0xff) at += 1;
      continue;
    }
    at += 2;
    if (hasNoSegment(marker)) continue;
    if (marker === SOS && ++scans > MAX_SCANS) {
      throw new ImageDecodeError(`Cannot decode a JPEG of more than ${MAX_SCANS} scans`);
    }
    at += (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
  }
}

/** An `0xff` of the entropy-coded data, TEM, RST0 to RST7, and SOI. */
function hasNoSegment(marker: number): boolean {
  return marker === 0 || marker === 0x01 || (marker >= 0xd0 && marker <= SOI);
}

/** A PNG without its notes, its colour profile and the images of an animation. */
function keepPixels(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept = new Uint8Array(bytes.length);
  kept.set(PNG_SIGNATURE);
  let length = PNG_SIGNATURE.length;
  for (let at = length; at + 12 <= bytes.length;) {
    // Length, type, data and checksum.
    const end = Math.min(at + 12 + view.getUint32(at), bytes.length);
    if (PIXEL_CHUNKS.has(view.getUint32(at + 4))) {
      kept.set(bytes.subarray(at, end), length);
      length += end - at;
    }
    at = end;
  }
  return kept.subarray(0, length);
}
