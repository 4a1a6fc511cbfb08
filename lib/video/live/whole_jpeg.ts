/**
 * Looks whether a JPEG of a source can be sent on as it is.
 *
 * @module
 */

import { findLastEoi, isJpeg, readFrameHeader } from "../../image/jpeg_header.ts";
import type { Size } from "../../image/size.ts";

/** Define Huffman tables (ITU-T T.81, B.2.4.2): many cameras leave them out, and not every decoder knows the usual ones. */
const DHT = 0xc4;
const SOS = 0xda;

/** A JPEG that needs no change. */
export interface WholeJpeg extends Size {
  /** From its first to its last marker. */
  bytes: Uint8Array;
}

/**
 * The JPEG in a packet without what follows it; `undefined` where it is cut off, lacks tables, or has more bytes than pixels.
 */
export function wholeJpeg(packet: Uint8Array): WholeJpeg | undefined {
  if (!isJpeg(packet)) return undefined;
  const header = readFrameHeader(packet);
  const eoi = findLastEoi(packet);
  if (header === undefined || eoi < header.end || !hasHuffmanTables(packet)) return undefined;
  const bytes = packet.slice(0, eoi + 2);
  const { width, height } = header;
  return bytes.length <= width * height ? { bytes, width, height } : undefined;
}

/** Whether tables are defined before the image data begins. */
function hasHuffmanTables(bytes: Uint8Array): boolean {
  for (let position = 2; position + 4 <= bytes.length;) {
    const marker = bytes[position + 1];
    if (bytes[position] !== 0xff || marker === SOS) return false;
    if (marker === DHT) return true;
    position += 2 + ((bytes[position + 2] ?? 0) << 8 | (bytes[position + 3] ?? 0));
  }
  return false;
}
