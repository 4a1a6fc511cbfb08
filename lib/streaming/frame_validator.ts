/**
 * Checks that bytes from the network look like one complete JPEG of acceptable size, before anything decodes them.
 *
 * @module
 */

import { findLastEoi, isJpeg, readFrameHeader } from "../image/jpeg_header.ts";
import type { Size } from "../image/size.ts";
import { NamedError } from "../named_error.ts";

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

/**
 * Checks one frame, cheapest test first: emptiness, size, first and last marker, frame header, pixels.
 *
 * It copies and decodes nothing, and its time grows only with what follows the image's last marker.
 *
 * @param bytes The frame as received
 * @returns Width and height as the frame header gives them
 * @throws {FrameValidationError} With the protocol's code and sentence, at the first test that fails
 */
export function validateJpeg(bytes: Uint8Array, limits: FrameLimits): Size {
  const { length } = bytes;
  if (length === 0) throw new FrameValidationError("invalid_frame", "Frame is empty");
  if (length > limits.maxFrameBytes) {
    throw new FrameValidationError(
      "frame_too_large",
      `Frame of ${length} bytes exceeds the limit of ${limits.maxFrameBytes} bytes`,
    );
  }
  if (!isJpeg(bytes)) throw notJpeg("missing SOI marker");
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
