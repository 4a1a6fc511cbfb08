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
 * Writes a short text file in place of what is there, all at once, so that hardly anybody finds it empty.
 *
 * @throws {VideoDecodeError} If it cannot be written
 */
export function writeFile(path: string, text: string): void {
  const file = new IOContext();
  if (file.open2Sync(`file:${path}`, AVIO_FLAG_WRITE) < 0) throw failure();
  file.writeSync(Buffer.from(text));
  if (file.closepSync() < 0) throw failure();
}

function failure(): VideoDecodeError {
  return new VideoDecodeError("The video cannot be written");
}
