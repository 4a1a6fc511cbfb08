/**
 * Writes the playlist that names all qualities of a stream (RFC 8216, 4.3.4).
 *
 * @module
 */

import type { HlsVariant } from "../decode/hls_variants.ts";

/** A quality and the global header of its encoder: NAL units of H.264 behind start codes. */
export interface MasterEntry {
  /** What is encoded. */
  variant: HlsVariant;
  /** The encoder's global header; `null` if it has none. */
  header: Uint8Array | null;
}

/** Bytes of the transport around the video, as a share of its bits. */
const OVERHEAD = 1.1;

/** The playlist; that of each quality is called after its level. */
export function formatMaster(entries: readonly MasterEntry[]): string {
  const lines = entries.map(({ variant: { level, width, height, bitrate }, header }) => {
    const codec = header && codecName(header);
    const attributes = [
      `BANDWIDTH=${Math.round(bitrate * 1000 * OVERHEAD)}`,
      `RESOLUTION=${width}x${height}`,
      ...codec === null ? [] : [`CODECS="${codec}"`],
    ];
    return `#EXT-X-STREAM-INF:${attributes.join()}\n${level}.m3u8\n`;
  });
  return `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-INDEPENDENT-SEGMENTS\n${lines.join("")}`;
}

/** NAL unit type of a sequence parameter set (ITU-T H.264, table 7-1), as encoders write it: always of importance. */
const SPS = 0x67;

/** Name of H.264 in a profile and level (RFC 6381): the first three bytes of the parameters; `null` where there are none. */
function codecName(header: Uint8Array): string | null {
  const start = header.findIndex((byte, index) =>
    byte === SPS && header[index - 1] === 1 && header[index - 2] === 0 && header[index - 3] === 0
  );
  if (start < 0 || start + 4 > header.length) return null;
  const bytes = Array.from(header.subarray(start + 1, start + 4));
  return `avc1.${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
