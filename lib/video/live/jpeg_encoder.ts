/**
 * Encodes images as JPEG with FFmpeg; used in the decode process only.
 *
 * @module
 */

import { AV_CODEC_FLAG_QSCALE, AV_PIX_FMT_YUVJ420P, AVCOL_RANGE_JPEG } from "node-av/constants";
import { Codec, CodecContext, type Frame, Packet, Rational } from "node-av/lib";
import type { Size } from "../../image/size.ts";
import { VideoDecodeError } from "../errors.ts";

/** FFmpeg's measure of quality, from 2 (best) to 31: here about what others call 80 of 100. */
const QSCALE = 4;

/** FFmpeg counts a quality in parts of this. */
const LAMBDA = 118;

/** Encodes one image after another; they may change their size. */
export class JpegEncoder {
  readonly #packet = new Packet();
  #codec: CodecContext | undefined;
  #size: Size = { width: 0, height: 0 };
  #count = 0;

  /** Encodes nothing yet. */
  constructor() {
    this.#packet.alloc();
  }

  /**
   * Encodes one image.
   *
   * @param image In the pixel format yuvj420p
   * @returns A JPEG in a buffer of its own
   * @throws {VideoDecodeError} If it cannot be encoded
   */
  async encode(image: Frame): Promise<Uint8Array> {
    if (image.width !== this.#size.width || image.height !== this.#size.height) {
      const opened = await openEncoder(image);
      this.#codec?.freeContext();
      this.#codec = opened;
      this.#size = { width: image.width, height: image.height };
    }
    const codec = this.#codec;
    // Times have to rise, which those of a source need not.
    image.pts = BigInt(this.#count++);
    image.quality = QSCALE * LAMBDA;
    if (codec === undefined || await codec.sendFrame(image) < 0) throw failure();
    if (await codec.receivePacket(this.#packet) < 0 || this.#packet.data === null) throw failure();
    const jpeg = new Uint8Array(this.#packet.data);
    this.#packet.unref();
    return jpeg;
  }
}

async function openEncoder({ width, height }: Size): Promise<CodecContext> {
  const encoder = Codec.findEncoderByName("mjpeg" as never);
  if (encoder === null) throw failure();
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = AV_PIX_FMT_YUVJ420P;
  codec.colorRange = AVCOL_RANGE_JPEG;
  codec.timeBase = new Rational(1, 1000);
  codec.threadCount = 1;
  codec.flags = (codec.flags | AV_CODEC_FLAG_QSCALE) as typeof codec.flags;
  codec.globalQuality = QSCALE * LAMBDA;
  if (await codec.open2(encoder, null) < 0) throw failure();
  return codec;
}

function failure(): VideoDecodeError {
  return new VideoDecodeError("The source has images that cannot be converted");
}
