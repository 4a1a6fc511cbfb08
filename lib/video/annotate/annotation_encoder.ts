/**
 * Draws a script into a video and encodes it as H.264 in an MP4; used in the decode process only.
 *
 * @module
 */

import { AV_CODEC_FLAG_GLOBAL_HEADER, AV_PIX_FMT_YUV420P } from "node-av/constants";
import {
  Codec,
  CodecContext,
  Dictionary,
  FormatContext,
  type Frame,
  Packet,
  Rational,
  type Stream,
} from "node-av/lib";
import type { Size } from "../../image/size.ts";
import { placeWithin } from "../decode/display_geometry.ts";
import { VideoDecodeError } from "../errors.ts";
import { FrameFilter } from "../decode/frame_filter.ts";
import type { Annotation } from "../decode/frame_protocol.ts";
import type { VideoReader } from "../decode/video_reader.ts";

const MILLISECONDS = new Rational(1, 1000);

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
  const encoder = await Encoder.open(output, size);
  let lastTimestampMs = -1;
  for await (const { index, timestampMs, shown, image } of reader.frames()) {
    // The script counts frames instead of time.
    image.pts = BigInt(index);
    const annotated = await filter.apply(image, size, placeWithin(shown, size));
    // Players refuse two images at one time, which a damaged file can have.
    lastTimestampMs = Math.max(timestampMs, lastTimestampMs + 1);
    await encoder.write(annotated, lastTimestampMs);
    if (encoder.bytes > maxBytes) {
      throw new VideoDecodeError(`The annotated video exceeds the limit of ${maxBytes} bytes`);
    }
    onFrame();
  }
  await encoder.close();
}

/** An MP4 that is being written. */
class Encoder {
  readonly #format: FormatContext;
  readonly #stream: Stream;
  readonly #codec: CodecContext;
  readonly #packet = new Packet();
  #lastTimestampMs = -1;
  #frameMs = 1;

  private constructor(format: FormatContext, stream: Stream, codec: CodecContext) {
    this.#format = format;
    this.#stream = stream;
    this.#codec = codec;
    this.#packet.alloc();
  }

  static async open(path: string, size: Size): Promise<Encoder> {
    const format = new FormatContext();
    check(format.allocOutputContext2(null, "mp4", path));
    const codec = await openCodec(size);
    const stream = format.newStream(null);
    stream.timeBase = MILLISECONDS;
    check(stream.codecpar.fromContext(codec));
    check(await format.openOutput());
    // The index at the front lets a player begin before it has the whole file.
    check(await format.writeHeader(Dictionary.fromObject({ movflags: "+faststart" })));
    return new Encoder(format, stream, codec);
  }

  /** Bytes written so far. */
  get bytes(): number {
    return Number(this.#format.pbBytes);
  }

  async write(frame: Frame, timestampMs: number): Promise<void> {
    frame.pts = BigInt(timestampMs);
    this.#frameMs = Math.max(1, timestampMs - this.#lastTimestampMs);
    this.#lastTimestampMs = timestampMs;
    check(await this.#codec.sendFrame(frame));
    await this.#drain();
  }

  async close(): Promise<void> {
    check(await this.#codec.sendFrame(null));
    await this.#drain();
    check(await this.#format.writeTrailer());
    await this.#format.closeOutput();
  }

  async #drain(): Promise<void> {
    while (await this.#codec.receivePacket(this.#packet) >= 0) {
      this.#packet.streamIndex = this.#stream.index;
      // Only that of the last one counts, which players would leave out if it had no length.
      this.#packet.duration = BigInt(this.#frameMs);
      this.#packet.rescaleTs(MILLISECONDS, this.#stream.timeBase);
      check(await this.#format.interleavedWriteFrame(this.#packet));
      this.#packet.unref();
    }
  }
}

async function openCodec({ width, height }: Size): Promise<CodecContext> {
  const encoder = Codec.findEncoderByName("libx264" as never);
  if (encoder === null) throw new VideoDecodeError("There is no encoder for H.264");
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = MILLISECONDS;
  codec.flags = (codec.flags | AV_CODEC_FLAG_GLOBAL_HEADER) as typeof codec.flags;
  // One thread leaves the others to live streams.
  codec.threadCount = 1;
  check(codec.setOption("preset", "veryfast"));
  check(codec.setOption("crf", "23"));
  check(await codec.open2(encoder, null));
  return codec;
}

function check(code: number): void {
  if (code < 0) throw new VideoDecodeError("The annotated video cannot be written");
}
