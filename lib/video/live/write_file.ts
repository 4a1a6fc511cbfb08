/**
 * Writes small files; used in the decode process only, which Deno does not let write, so FFmpeg does.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { AVIO_FLAG_WRITE } from "node-av/constants";
import { IOContext } from "node-av/lib";
import { VideoDecodeError } from "../errors.ts";

/**
 * Writes a text file in place of what is there.
 *
 * @throws {VideoDecodeError} If it cannot be written
 */
export async function writeFile(path: string, text: string): Promise<void> {
  await using file = new IOContext();
  if (await file.open2(`file:${path}`, AVIO_FLAG_WRITE) < 0) {
    throw new VideoDecodeError("The video cannot be written");
  }
  await file.write(Buffer.from(text));
}
