/**
 * Opens decoders; used in the decode process only.
 *
 * @module
 */

import { Codec, CodecContext, type Stream } from "node-av/lib";
import { VideoDecodeError } from "../errors.ts";

/** How a decoder is to be opened. */
export interface CodecSettings {
  /** Largest image that is decoded, in pixels. */
  maxPixels: number;
  /** Further options of FFmpeg's decoders by their names, such as `skip_frame`. */
  options?: Readonly<Record<string, string>>;
}

/**
 * Opens the decoder of a video track.
 *
 * @throws {VideoDecodeError} If there is none, or it cannot decode this track
 */
export async function openCodec(
  stream: Stream,
  { maxPixels, options = {} }: CodecSettings,
): Promise<CodecContext> {
  const decoder = Codec.findDecoder(stream.codecpar.codecId);
  if (decoder === null) throw new VideoDecodeError("The video is in a format that is not known");
  const codec = new CodecContext();
  codec.allocContext3(decoder);
  codec.parametersToContext(stream.codecpar);
  codec.pktTimebase = stream.timeBase;
  // One thread is faster than any detector, and each more would hold further frames in memory.
  codec.threadCount = 1;
  // The images may turn out larger than the file's header says.
  codec.setOption("max_pixels", String(maxPixels));
  for (const [name, value] of Object.entries(options)) codec.setOption(name, value);
  if (await codec.open2(decoder, null) < 0) {
    throw new VideoDecodeError("The video is in a format that cannot be decoded");
  }
  return codec;
}
