/**
 * Checks that bytes from the network look like one complete JPEG of acceptable size, before anything decodes them.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";

/** What the frame header says. */
export interface JpegInfo {
  /** Pixels, 1 to 65535. */
  width: number;
  /** Pixels, 1 to 65535. */
  height: number;
}

/** The limits of one frame. */
export interface FrameLimits {
  /** Largest frame in bytes; one of exactly this size passes. */
  maxFrameBytes: number;
  /** Largest frame in pixels. */
  maxFramePixels: number;
}

/** A frame that was refused. */
export class FrameValidationError extends NamedError {
  /** The protocol's word for it. */
  readonly code: "invalid_frame" | "frame_too_large";

  /**
   * Says why a frame is refused.
   *
   * @param code The protocol's word for it
   * @param detail The protocol's sentence for it, which is also the message
   */
  constructor(code: "invalid_frame" | "frame_too_large", detail: string) {
    super(detail);
    this.code = code;
  }
}

const MARKER = 0xff;
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

/**
 * Where the last EOI begins; -1 where there is none.
 *
 * Cameras pad their frames, and phones put trailers of their own behind the image, which decoders ignore.
 */
function findLastEoi(bytes: Uint8Array): number {
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
function readFrameHeader(bytes: Uint8Array): JpegInfo & { end: number } | undefined {
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
 * Checks one frame, cheapest test first: emptiness, size, first and last marker, frame header, pixels.
 *
 * It copies and decodes nothing, and its time grows only with what follows the image's last marker.
 *
 * @param bytes The frame as received
 * @returns Width and height as the frame header gives them
 * @throws {FrameValidationError} With the protocol's code and sentence, at the first test that fails
 */
export function validateJpeg(bytes: Uint8Array, limits: FrameLimits): JpegInfo {
  const { length } = bytes;
  if (length === 0) throw new FrameValidationError("invalid_frame", "Frame is empty");
  if (length > limits.maxFrameBytes) {
    throw new FrameValidationError(
      "frame_too_large",
      `Frame of ${length} bytes exceeds the limit of ${limits.maxFrameBytes} bytes`,
    );
  }
  if (length < 2 || bytes[0] !== MARKER || bytes[1] !== SOI) throw notJpeg("missing SOI marker");
  const eoi = findLastEoi(bytes);
  if (eoi === -1) throw notJpeg("missing EOI marker");
  const header = readFrameHeader(bytes);
  if (header === undefined) throw notJpeg("no frame header");
  // What is cut off can still have the marker of its thumbnail.
  if (eoi < header.end) throw notJpeg("missing EOI marker");
  const { width, height } = header;
  if (width * height > limits.maxFramePixels) {
    throw new FrameValidationError(
      "invalid_frame",
      `Frame of ${width}x${height} pixels exceeds the limit of ${limits.maxFramePixels} pixels`,
    );
  }
  return { width, height };
}

function notJpeg(why: string): FrameValidationError {
  return new FrameValidationError("invalid_frame", `Not a valid JPEG image: ${why}`);
}
