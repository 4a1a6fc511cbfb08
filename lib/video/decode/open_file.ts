/**
 * Opens video files with FFmpeg's demuxers; used in the decode process only.
 *
 * @module
 */

import {
  AV_DISPOSITION_ATTACHED_PIC,
  AVIO_FLAG_READ,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_SET,
} from "node-av/constants";
import { Dictionary, FormatContext, IOContext, type Stream } from "node-av/lib";
import type { Size } from "../../image/size.ts";
import { VideoDecodeError } from "../errors.ts";
import { isCutOff } from "./file_structure.ts";

/** A file whose video track is found. */
export interface OpenFile {
  /** The file, at its start. */
  format: FormatContext;
  /** Its video track. */
  stream: Stream;
}

/**
 * Names of the demuxers that may read a file: MP4 and QuickTime, Matroska and WebM, AVI, MPEG transport streams. None of them
 * opens other files, on this disk or in the network, that a file names as its parts.
 */
const FORMATS = "mov,matroska,avi,mpegts";

/**
 * Opens a file and finds its video track.
 *
 * @param url `file:` and a path
 * @param maxPixels Largest image that is decoded
 * @throws {VideoDecodeError} If it is no video, or none that may be decoded
 */
export async function openFile(url: string, maxPixels: number): Promise<OpenFile> {
  const format = new FormatContext();
  const options = Dictionary.fromObject({
    protocol_whitelist: "file",
    format_whitelist: FORMATS,
  });
  if (await format.openInput(url, null, options) < 0) {
    throw new VideoDecodeError("The file is not a readable video");
  }
  // Before the streams are probed, which decodes images.
  for (const { codecpar } of format.streams) checkPixels(codecpar, maxPixels);
  if (await format.findStreamInfo(null) < 0) {
    throw new VideoDecodeError("The file is not a readable video");
  }
  const stream = findVideo(format);
  checkPixels(stream.codecpar, maxPixels);
  return { format, stream };
}

/**
 * Whether a file correctly states how many frames are shown. One that is trimmed by an edit list does not: it also counts the
 * frames that are left out, and then its own rate and length do not fit that count.
 */
export function tellsFrames({ nbFrames, duration, timeBase, avgFrameRate }: Stream): boolean {
  if (nbFrames <= 0) return false;
  const seconds = Number(duration) * timeBase.num / timeBase.den;
  const expected = seconds * avgFrameRate.num / avgFrameRate.den;
  return Math.abs(expected - Number(nbFrames)) < 0.5;
}

/**
 * Looks whether a file is whole.
 *
 * @returns Its size in bytes
 * @throws {VideoDecodeError} If it is cut off
 */
export async function checkEnd(url: string): Promise<number> {
  await using file = new IOContext();
  // Deno does not let this process read, so FFmpeg does.
  if (await file.open2(url, AVIO_FLAG_READ) < 0) return 0;
  const readAt = async (offset: number, length: number) => {
    await file.seek(BigInt(offset), AVSEEK_SET);
    const bytes = await file.read(length);
    return typeof bytes === "number" ? new Uint8Array() : bytes;
  };
  const bytes = Number(await file.size());
  if (await isCutOff(bytes, readAt)) {
    throw new VideoDecodeError("The video file is incomplete: its end is missing");
  }
  return bytes;
}

function findVideo(format: FormatContext): Stream {
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO, -1, -1);
  const stream = format.streams[index];
  // The cover image of a song is stored as a video track of one frame.
  if (stream === undefined || (stream.disposition & AV_DISPOSITION_ATTACHED_PIC) !== 0) {
    throw new VideoDecodeError("The file has no video track");
  }
  return stream;
}

function checkPixels({ width, height }: Size, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new VideoDecodeError(
      `The video of ${width}×${height} pixels exceeds the limit of ${maxPixels} pixels`,
    );
  }
}
