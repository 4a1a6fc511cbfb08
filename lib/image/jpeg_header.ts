/**
 * Finds what is to be known of a JPEG without decoding it.
 *
 * @module
 */

import { ImageDecodeError } from "./errors.ts";
import type { Size } from "./size.ts";

/** Begins each marker (ITU-T T.81, B.1.1.3). */
const MARKER = 0xff;
/** Start of image. */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;

/** Far more segments and fill bytes than any camera writes, so that a hostile frame cannot make the walk long. */
const MAX_STEPS = 4096;

/** SOF0 to SOF15 (ITU-T T.81, table B.1), without DHT, JPG and DAC, which lie in the same range. */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** Markers that stand alone: TEM, RST0 to RST7 and a repeated SOI. */
function hasNoSegment(marker: number): boolean {
  return marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/** Whether bytes begin as every JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === MARKER && bytes[1] === SOI;
}

/**
 * Where the last EOI begins; -1 where there is none.
 *
 * Cameras pad their frames, and phones put trailers of their own behind the image, which decoders ignore.
 */
export function findLastEoi(bytes: Uint8Array): number {
  for (let position = bytes.length - 2; position >= 2; position -= 1) {
    if (bytes[position] === MARKER && bytes[position + 1] === EOI) return position;
  }
  return -1;
}

/**
 * Walks the segments up to the first frame header; `end` is where that ends.
 *
 * The entropy-coded data is never reached and the steps are bounded, so the time does not grow with the frame.
 */
export function readFrameHeader(bytes: Uint8Array): Size & { end: number } | undefined {
  const { length: limit } = bytes;
  let position = 2;
  for (let step = 0; step < MAX_STEPS && position + 4 <= limit; step += 1) {
    if (bytes[position] !== MARKER) return undefined;
    const marker = bytes[position + 1];
    if (marker === MARKER) {
      // Any marker may be preceded by fill bytes (T.81, B.1.1.2).
      position += 1;
      continue;
    }
    if (hasNoSegment(marker)) {
      position += 2;
      continue;
    }
    if (marker === EOI || marker === SOS) return undefined;
    const length = bytes[position + 2] << 8 | bytes[position + 3];
    const end = position + 2 + length;
    if (length < 2 || end > limit) return undefined;
    if (isFrameHeader(marker)) {
      if (length < 8) return undefined;
      const height = bytes[position + 5] << 8 | bytes[position + 6];
      const width = bytes[position + 7] << 8 | bytes[position + 8];
      return width > 0 && height > 0 ? { width, height, end } : undefined;
    }
    position = end;
  }
  return undefined;
}

/**
 * Size of a JPEG, as its first frame header gives it.
 *
 * @throws {ImageDecodeError} If there is no such header
 */
export function jpegSize(bytes: Uint8Array): Size {
  const header = isJpeg(bytes) ? readFrameHeader(bytes) : undefined;
  if (header === undefined) throw new ImageDecodeError("Cannot decode the image");
  return { width: header.width, height: header.height };
}
