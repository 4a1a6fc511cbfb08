/**
 * Finds the frame headers in the bytes of a WebSocket.
 *
 * @module
 */

import { type FrameHeader, readFrameHeader } from "./frame_header.ts";

/** Follows one direction of a WebSocket piece by piece, whatever the pieces are, and keeps none of them. */
export class FrameScanner {
  #payloadLeft = 0;

  /** Bytes that are still to come of the frame whose header was last found; 0 between two frames. */
  get payloadLeft(): number {
    return this.#payloadLeft;
  }

  /**
   * Follows the next piece.
   *
   * @param onHeader Called with each header; `false` stops there, with that frame not begun
   * @returns How many of its first bytes have been followed; the rest, which is the beginning of a header or the frame that
   * `onHeader` stopped at, belongs to the next piece
   */
  scan(bytes: Uint8Array, onHeader: (header: FrameHeader) => boolean): number {
    let at = 0;
    for (;;) {
      const taken = Math.min(this.#payloadLeft, bytes.length - at);
      this.#payloadLeft -= taken;
      at += taken;
      if (at === bytes.length) return at;
      const header = readFrameHeader(bytes, at);
      if (header === undefined || !onHeader(header)) return at;
      at += header.headerLength;
      this.#payloadLeft = header.payloadLength;
    }
  }
}
