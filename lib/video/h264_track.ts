/**
 * Encodes images as H.264 into a file that is being written; used in the decode process only.
 *
 * @module
 */

import {
  AV_CODEC_FLAG_GLOBAL_HEADER,
  AV_PICTURE_TYPE_I,
  AV_PICTURE_TYPE_NONE,
  AV_PIX_FMT_YUV420P,
} from "node-av/constants";
import {
  Codec,
  CodecContext,
  type FormatContext,
  type Frame,
  Packet,
  Rational,
  type Stream,
} from "node-av/lib";
import type { Size } from "../image/size.ts";
import { VideoDecodeError } from "./errors.ts";

/** How a track is encoded. */
export interface H264Options {
  /** Size of its images in pixels; both sides even. */
  size: Size;
  /** Images a second, more or less, by which the bits of a limited bitrate are shared out. */
  fps?: number;
  /** Further options of FFmpeg's `libx264` by their names, such as `preset`. */
  options: Readonly<Record<string, string>>;
}

const MILLISECONDS = new Rational(1, 1000);

/** A track that is being written. */
export class H264Track implements Disposable {
  readonly #format: FormatContext;
  readonly #stream: Stream;
  readonly #codec: CodecContext;
  readonly #packet = new Packet();
  #lastMs = -1;
  #imageMs = 1;

  private constructor(format: FormatContext, codec: CodecContext) {
    this.#format = format;
    this.#codec = codec;
    this.#stream = format.newStream(null);
    this.#stream.timeBase = MILLISECONDS;
    this.#packet.alloc();
    checkWritten(this.#stream.codecpar.fromContext(codec));
  }

  /**
   * Adds a track to a file whose header is not yet written.
   *
   * @throws {VideoDecodeError} If there is no encoder for it
   */
  static async add(format: FormatContext, options: H264Options): Promise<H264Track> {
    return new H264Track(format, await openEncoder(options));
  }

  /** The encoder's global header: NAL units behind start codes. */
  get header(): Uint8Array | null {
    return this.#codec.extraData;
  }

  /**
   * Encodes one image.
   *
   * @param image In the pixel format yuv420p
   * @param timeMs From any start; players refuse two images at one time, so one that is not later than the last is put right behind it
   * @param isKeyframe Whether it has to be a keyframe; the encoder decides where it is `false`
   * @throws {VideoDecodeError} If it cannot be encoded or written
   */
  async write(image: Frame, timeMs: number, isKeyframe = false): Promise<void> {
    const pts = Math.max(Math.round(timeMs), this.#lastMs + 1);
    this.#imageMs = pts - this.#lastMs;
    this.#lastMs = pts;
    image.pts = BigInt(pts);
    // The encoder would take over the type that the image had in its source.
    image.pictType = isKeyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
    checkWritten(await this.#codec.sendFrame(image));
    await this.#drain();
  }

  /**
   * Writes what the encoder still holds.
   *
   * @throws {VideoDecodeError} If it cannot be written
   */
  async end(): Promise<void> {
    checkWritten(await this.#codec.sendFrame(null));
    await this.#drain();
  }

  /** Frees the encoder; the file has to be complete, or given up. */
  [Symbol.dispose](): void {
    this.#codec.freeContext();
    this.#packet.free();
  }

  async #drain(): Promise<void> {
    while (await this.#codec.receivePacket(this.#packet) >= 0) {
      this.#packet.streamIndex = this.#stream.index;
      // Players would leave out the last image if it had no length.
      this.#packet.duration = BigInt(this.#imageMs);
      this.#packet.rescaleTs(MILLISECONDS, this.#stream.timeBase);
      checkWritten(await this.#format.interleavedWriteFrame(this.#packet));
      this.#packet.unref();
    }
  }
}

async function openEncoder({ size, fps, options }: H264Options): Promise<CodecContext> {
  const encoder = Codec.findEncoderByName("libx264" as never);
  if (encoder === null) throw new VideoDecodeError("There is no encoder for H.264");
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = size.width;
  codec.height = size.height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = MILLISECONDS;
  if (fps !== undefined) codec.framerate = new Rational(Math.round(fps * 1000), 1000);
  // One thread leaves the others to live streams.
  codec.threadCount = 1;
  codec.flags = (codec.flags | AV_CODEC_FLAG_GLOBAL_HEADER) as typeof codec.flags;
  for (const [name, value] of Object.entries(options)) checkWritten(codec.setOption(name, value));
  checkWritten(await codec.open2(encoder, null));
  return codec;
}

/**
 * Looks at what FFmpeg answers while a video is written.
 *
 * @throws {VideoDecodeError} If it is an error
 */
export function checkWritten(code: number): void {
  if (code < 0) throw new VideoDecodeError("The video cannot be written");
}
