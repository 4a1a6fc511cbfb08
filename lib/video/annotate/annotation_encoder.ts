/**
 * Draws a script into a video and encodes it as H.264 in an MP4; used in the decode process only.
 *
 * @module
 */

import { Dictionary, FormatContext } from "node-av/lib";
import type { Size } from "../../image/size.ts";
import { placeWithin } from "../decode/display_geometry.ts";
import { VideoDecodeError } from "../errors.ts";
import { FrameFilter } from "../decode/frame_filter.ts";
import type { Annotation } from "../decode/frame_protocol.ts";
import type { VideoReader } from "../decode/video_reader.ts";
import { checkWritten, H264Track } from "../h264_track.ts";

/**
 * Encodes all frames of a video with what the script draws over them.
 *
 * @param size Size of the new video; both sides even
 * @param onFrame Called after each frame
 * @throws {VideoDecodeError} If the video cannot be decoded, or the output not be written
 */
export async function encodeAnnotated(
  reader: VideoReader,
  size: Size,
  { script, output, maxBytes }: Annotation,
  onFrame: () => void,
): Promise<void> {
  using filter = new FrameFilter(reader.orientation, [
    ["ass", `filename=${script}`],
    ["format", "pix_fmts=yuv420p"],
  ]);
  const format = new FormatContext();
  checkWritten(format.allocOutputContext2(null, "mp4", output));
  const track = await H264Track.add(format, {
    size,
    options: { preset: "veryfast", crf: "23" },
  });
  checkWritten(await format.openOutput());
  // The index at the front lets a player begin before it has the whole file.
  checkWritten(await format.writeHeader(Dictionary.fromObject({ movflags: "+faststart" })));
  for await (const { index, timestampMs, shown, image } of reader.frames()) {
    // The script counts frames instead of time.
    image.pts = BigInt(index);
    await track.write(await filter.apply(image, size, placeWithin(shown, size)), timestampMs);
    if (format.pbBytes > maxBytes) {
      throw new VideoDecodeError(`The annotated video exceeds the limit of ${maxBytes} bytes`);
    }
    onFrame();
  }
  await track.end();
  checkWritten(await format.writeTrailer());
  await format.closeOutput();
}
