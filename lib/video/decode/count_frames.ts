/**
 * Counts the frames of a video without decoding them; used in the decode process only.
 *
 * @module
 */

import { AV_NOPTS_VALUE, AV_PKT_FLAG_DISCARD, AVDISCARD_ALL } from "node-av/constants";
import { Packet } from "node-av/lib";
import type { OpenFile } from "./open_file.ts";

/** What is found by reading a file. */
export interface FrameCount {
  /** Frames that are shown; estimated where the time was too short to read the whole file. */
  frames: number;
  /** End of the last one in the units of the stream, where the whole file was read and tells. */
  end: bigint | null;
}

/** Packets after which others may have a turn: whoever looks after the memory of this process. */
const PACKETS_AT_ONCE = 2000;

/**
 * Reads a file up to its end, or until the time is over. It cannot be decoded any more afterwards.
 *
 * @param options `fileBytes`: size of the file; `limitMs`: longest time in milliseconds
 * @returns `null` if nothing can be told
 */
export async function countFrames(
  { format, stream }: OpenFile,
  { fileBytes, limitMs }: { fileBytes: number; limitMs: number },
): Promise<FrameCount | null> {
  for (const each of format.streams) if (each.index !== stream.index) each.discard = AVDISCARD_ALL;
  const deadline = performance.now() + limitMs;
  using packet = new Packet();
  packet.alloc();
  const count: FrameCount = { frames: 0, end: null };
  let position = 0;
  for (let packets = 1; format.readFrameSync(packet) >= 0; packets++) {
    if (packet.streamIndex === stream.index) {
      position = Math.max(position, Number(packet.pos));
      addFrame(count, packet);
    }
    packet.unref();
    if (packets % PACKETS_AT_ONCE > 0) continue;
    if (performance.now() > deadline) return estimate(count, position / fileBytes);
    await new Promise((resolve) => setTimeout(resolve));
  }
  return count.frames > 0 ? count : null;
}

function addFrame(count: FrameCount, { flags, pts, duration }: Packet): void {
  // Frames that an edit list leaves out are there to be decoded, and not shown.
  if ((flags & AV_PKT_FLAG_DISCARD) !== 0) return;
  count.frames++;
  if (pts === AV_NOPTS_VALUE) return;
  const end = pts + duration;
  if (count.end === null || end > count.end) count.end = end;
}

/** @param share Of the file that was read */
function estimate({ frames }: FrameCount, share: number): FrameCount | null {
  if (!(share > 0 && share <= 1)) return null;
  return { frames: Math.round(frames / share), end: null };
}
