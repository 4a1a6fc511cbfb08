/**
 * Demuxes and decodes one video file with FFmpeg's libraries; used in the decode process only.
 *
 * @module
 */

import type { Size } from "../../image/size.ts";
import {
  AV_DISPOSITION_ATTACHED_PIC,
  AV_LOG_QUIET,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVIO_FLAG_READ,
  AVMEDIA_TYPE_VIDEO,
  AVSEEK_SET,
} from "node-av/constants";
import {
  Codec,
  CodecContext,
  Dictionary,
  FormatContext,
  Frame,
  IOContext,
  Log,
  Packet,
  type Stream,
} from "node-av/lib";
import { displaySize, type Orientation, readDisplayMatrix } from "./display_geometry.ts";
import { VideoDecodeError } from "../errors.ts";
import { isCutOff } from "./file_structure.ts";
import type { VideoInfo } from "../jobs/job.ts";

/** One decoded picture, valid until the next one is asked for. */
export interface DecodedFrame {
  /** Counted from 0 in the file. */
  index: number;
  /** From the start of the file. */
  timestampMs: number;
  /** In the codec's own pixel format and orientation. */
  picture: Frame;
}

/** FFmpeg counts times of a whole file in microseconds. */
const MICROSECONDS = 1_000_000;

/** A video file that is open for reading. */
export class VideoReader {
  readonly #format: FormatContext;
  readonly #stream: Stream;
  readonly #codec: CodecContext;
  readonly #orientation: Orientation;

  private constructor(format: FormatContext, stream: Stream, codec: CodecContext) {
    this.#format = format;
    this.#stream = stream;
    this.#codec = codec;
    this.#orientation = readDisplayMatrix(
      stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX),
    );
  }

  /**
   * Opens a file and finds its video track.
   *
   * @param maxPixels Largest picture that is decoded
   * @throws {VideoDecodeError} If it is no video that can be decoded
   */
  static async open(path: string, { maxPixels }: { maxPixels: number }): Promise<VideoReader> {
    Log.setLevel(AV_LOG_QUIET);
    await checkEnd(path);
    const format = new FormatContext();
    // Without these lists a crafted file could name others, on this disk or in the network, as its parts.
    const options = Dictionary.fromObject({
      protocol_whitelist: "file",
      format_whitelist: "mov,matroska",
    });
    if (await format.openInput(path, null, options) < 0) {
      throw new VideoDecodeError("The file is not a readable video");
    }
    // Before the streams are probed, which decodes pictures.
    for (const { codecpar } of format.streams) checkPixels(codecpar, maxPixels);
    if (await format.findStreamInfo(null) < 0) {
      throw new VideoDecodeError("The file is not a readable video");
    }
    const stream = findVideo(format);
    checkPixels(stream.codecpar, maxPixels);
    return new VideoReader(format, stream, await openCodec(stream, maxPixels));
  }

  /** How pictures have to be turned. */
  get orientation(): Orientation {
    return this.#orientation;
  }

  /** Facts about the video. */
  get info(): VideoInfo {
    const stream = this.#stream;
    const durationMs = positive(Number(this.#format.duration) / MICROSECONDS * 1000);
    const counted = positive(Number(stream.nbFrames));
    const estimated = durationMs === null
      ? null
      : positive(durationMs / 1000 * toNumber(stream.avgFrameRate));
    const frameCount = counted ?? estimated;
    return {
      ...displaySize(stream.codecpar, toNumber(stream.sampleAspectRatio), this.#orientation),
      frameCount: frameCount === null ? null : Math.round(frameCount),
      durationMs: durationMs === null ? null : Math.round(durationMs),
    };
  }

  /**
   * Decodes every frame, in the order in which they are shown. Damaged frames are left out.
   *
   * @throws {VideoDecodeError} If no frame at all can be decoded, or reading fails
   */
  async *frames(): AsyncGenerator<DecodedFrame> {
    using packet = new Packet();
    packet.alloc();
    using picture = new Frame();
    picture.alloc();
    const state = { index: 0, timestampMs: 0 };
    for (;;) {
      const code = await this.#format.readFrame(packet);
      if (code < 0 && code !== AVERROR_EOF) {
        throw new VideoDecodeError(`The video is damaged after frame ${state.index}`);
      }
      const ended = code === AVERROR_EOF;
      if (ended || packet.streamIndex === this.#stream.index) {
        // A packet that is refused is damaged: the decoder goes on with the next one.
        await this.#codec.sendPacket(ended ? null : packet);
        yield* this.#receive(picture, state);
      }
      packet.unref();
      if (ended) break;
    }
    if (state.index === 0) throw new VideoDecodeError("The video has no frame that can be decoded");
  }

  async *#receive(
    picture: Frame,
    state: { index: number; timestampMs: number },
  ): AsyncGenerator<DecodedFrame> {
    for (let failures = 0; failures < MAX_FAILURES_PER_PACKET;) {
      const code = await this.#codec.receiveFrame(picture);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      if (code < 0) {
        failures++;
        continue;
      }
      state.timestampMs = this.#timestamp(picture) ?? state.timestampMs;
      yield { index: state.index++, timestampMs: state.timestampMs, picture };
      picture.unref();
    }
  }

  /** Milliseconds from the start of the file; `undefined` for a frame without a time. */
  #timestamp(picture: Frame): number | undefined {
    const time = picture.bestEffortTimestamp;
    if (time === AV_NOPTS_VALUE) return undefined;
    const { startTime } = this.#format;
    const start = startTime === AV_NOPTS_VALUE ? 0 : Number(startTime) / MICROSECONDS;
    const seconds = Number(time) * toNumber(this.#stream.timeBase) - start;
    return Math.max(0, Math.round(seconds * 1000));
  }
}

/** A decoder that neither wants more nor gives anything is stuck. */
const MAX_FAILURES_PER_PACKET = 16;

/** @throws {VideoDecodeError} If the file is cut off */
async function checkEnd(path: string): Promise<void> {
  await using file = new IOContext();
  // Deno does not let this process read, so FFmpeg does.
  if (await file.open2(path, AVIO_FLAG_READ) < 0) return;
  const readAt = async (offset: number, length: number) => {
    await file.seek(BigInt(offset), AVSEEK_SET);
    const bytes = await file.read(length);
    return typeof bytes === "number" ? new Uint8Array() : bytes;
  };
  if (await isCutOff(Number(await file.size()), readAt)) {
    throw new VideoDecodeError("The video file is incomplete: its end is missing");
  }
}

function findVideo(format: FormatContext): Stream {
  const index = format.findBestStream(AVMEDIA_TYPE_VIDEO, -1, -1);
  const stream = format.streams[index];
  // The cover picture of a song is stored as a video track of one frame.
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

async function openCodec(stream: Stream, maxPixels: number): Promise<CodecContext> {
  const decoder = Codec.findDecoder(stream.codecpar.codecId);
  if (decoder === null) throw new VideoDecodeError("The video is in a format that is not known");
  const codec = new CodecContext();
  codec.allocContext3(decoder);
  codec.parametersToContext(stream.codecpar);
  codec.pktTimebase = stream.timeBase;
  // One thread is faster than any detector, and each more would hold further frames in memory.
  codec.threadCount = 1;
  // The pictures may turn out larger than the file's header says.
  codec.setOption("max_pixels", String(maxPixels));
  if (await codec.open2(decoder, null) < 0) {
    throw new VideoDecodeError("The video is in a format that cannot be decoded");
  }
  return codec;
}

function toNumber({ num, den }: { num: number; den: number }): number {
  return num / den;
}

function positive(value: number): number | null {
  return Number.isFinite(value) && value > 0 ? value : null;
}
