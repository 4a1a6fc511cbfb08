/**
 * Demuxes and decodes one video file with FFmpeg's libraries; used in the decode process only.
 *
 * @module
 */

import type { Size } from "../../image/size.ts";
import {
  AV_LOG_QUIET,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVERROR_EAGAIN,
  AVERROR_EOF,
} from "node-av/constants";
import {
  type CodecContext,
  type FormatContext,
  Frame,
  Log,
  Packet,
  type Stream,
} from "node-av/lib";
import {
  type CodedImage,
  type Orientation,
  ratio,
  readDisplayMatrix,
  shownSize,
} from "./display_geometry.ts";
import { countFrames, type FrameCount } from "./count_frames.ts";
import { VideoDecodeError } from "../errors.ts";
import type { VideoInfo } from "../jobs/job.ts";
import { openCodec } from "./open_codec.ts";
import { checkEnd, type OpenFile, openFile, tellsFrames } from "./open_file.ts";
import { RisingClock } from "./rising_clock.ts";

/** One decoded image, valid until the next one is asked for. */
export interface DecodedFrame {
  /** Counted from 0 in the file. */
  index: number;
  /** From the start of the file; never less than that of the frame before. */
  timestampMs: number;
  /** Size at which it is shown, in pixels. */
  shown: Size;
  /** In the codec's own pixel format and orientation. */
  image: Frame;
}

/** FFmpeg counts times of a whole file in microseconds. */
const MICROSECONDS = 1_000_000;

/** Frames a second of a video that does not tell. */
const USUAL_FRAME_RATE = 25;

/** How a file is to be opened. */
export interface VideoReaderOptions {
  /** Largest image that is decoded, in pixels. */
  maxPixels: number;
  /** Longest time for counting the frames of a file that does not tell their number, in milliseconds; 0 for not counting. */
  countingMs: number;
}

/** A video file that is open for reading. */
export class VideoReader {
  readonly #format: FormatContext;
  readonly #stream: Stream;
  readonly #codec: CodecContext;
  readonly #orientation: Orientation;
  readonly #count: FrameCount | null;

  private constructor(
    { format, stream }: OpenFile,
    codec: CodecContext,
    count: FrameCount | null,
  ) {
    this.#format = format;
    this.#stream = stream;
    this.#codec = codec;
    this.#count = count;
    this.#orientation = readDisplayMatrix(
      stream.codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX),
    );
  }

  /**
   * Opens a file and finds its video track.
   *
   * @param path A path, whatever is in it: `live:cam.mp4` is a file, and never a protocol
   * @throws {VideoDecodeError} If it is no video that can be decoded
   */
  static async open(
    path: string,
    { maxPixels, countingMs }: VideoReaderOptions,
  ): Promise<VideoReader> {
    Log.setLevel(AV_LOG_QUIET);
    const url = `file:${path}`;
    const fileBytes = await checkEnd(url);
    let file = await openFile(url, maxPixels);
    let count: FrameCount | null = null;
    if (countingMs > 0 && !tellsFrames(file.stream)) {
      count = await countFrames(file, { fileBytes, limitMs: countingMs });
      // Not every file can be wound back.
      await file.format.closeInput();
      file = await openFile(url, maxPixels);
    }
    return new VideoReader(file, await openCodec(file.stream, { maxPixels }), count);
  }

  /** How images have to be turned. */
  get orientation(): Orientation {
    return this.#orientation;
  }

  /** Facts about the video. */
  get info(): VideoInfo {
    const stream = this.#stream;
    const durationMs = this.#durationMs();
    const estimated = durationMs === null
      ? null
      : positive(durationMs / 1000 * ratio(stream.avgFrameRate));
    const frameCount = this.#count?.frames ?? positive(Number(stream.nbFrames)) ?? estimated;
    return {
      ...this.#displaySize(stream.codecpar),
      frameCount: frameCount === null ? null : Math.round(frameCount),
      durationMs: durationMs === null ? null : Math.round(durationMs),
    };
  }

  /** As the file tells, else as was found while its frames were counted; `null` where neither is known. */
  #durationMs(): number | null {
    const told = positive(Number(this.#format.duration) / MICROSECONDS * 1000);
    const end = this.#count?.end ?? null;
    if (told !== null || end === null) return told;
    return positive(Number(end) * ratio(this.#stream.timeBase) * 1000 - this.#startMs);
  }

  /** The first time in the file, in milliseconds. */
  get #startMs(): number {
    const { startTime } = this.#format;
    return startTime === AV_NOPTS_VALUE ? 0 : Number(startTime) / MICROSECONDS * 1000;
  }

  /**
   * Decodes every frame, in the order in which they are shown. Damaged frames are left out.
   *
   * @throws {VideoDecodeError} If no frame at all can be decoded, or reading fails
   */
  async *frames(): AsyncGenerator<DecodedFrame> {
    using packet = new Packet();
    packet.alloc();
    using image = new Frame();
    image.alloc();
    const { avgFrameRate, rFrameRate } = this.#stream;
    const frameRate = positive(ratio(avgFrameRate)) ?? positive(ratio(rFrameRate));
    const clock = new RisingClock(1000 / (frameRate ?? USUAL_FRAME_RATE));
    const state = { index: 0, clock };
    for (;;) {
      const code = await this.#format.readFrame(packet);
      if (code < 0 && code !== AVERROR_EOF) {
        throw new VideoDecodeError(`The video is damaged after frame ${state.index}`);
      }
      const ended = code === AVERROR_EOF;
      if (ended || packet.streamIndex === this.#stream.index) {
        // A packet that is refused is damaged: the decoder goes on with the next one.
        await this.#codec.sendPacket(ended ? null : packet);
        yield* this.#receive(image, state);
      }
      packet.unref();
      if (ended) break;
    }
    if (state.index === 0) throw new VideoDecodeError("The video has no frame that can be decoded");
  }

  async *#receive(
    image: Frame,
    state: { index: number; clock: RisingClock },
  ): AsyncGenerator<DecodedFrame> {
    for (let failures = 0; failures < MAX_FAILURES_PER_PACKET;) {
      const code = await this.#codec.receiveFrame(image);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      if (code < 0) {
        failures++;
        continue;
      }
      const timestampMs = Math.max(0, Math.round(state.clock.next(this.#timestamp(image))));
      yield { index: state.index++, timestampMs, shown: this.#displaySize(image), image };
      image.unref();
    }
  }

  /** Milliseconds from the start of the file; `undefined` for a frame without a time. */
  #timestamp(image: Frame): number | undefined {
    const time = image.bestEffortTimestamp;
    if (time === AV_NOPTS_VALUE) return undefined;
    return Number(time) * ratio(this.#stream.timeBase) * 1000 - this.#startMs;
  }

  #displaySize(image: CodedImage): Size {
    return shownSize(this.#stream, image, this.#orientation);
  }
}

/** A decoder that neither wants more nor gives anything is stuck. */
export const MAX_FAILURES_PER_PACKET = 16;

function positive(value: number): number | null {
  return Number.isFinite(value) && value > 0 ? value : null;
}
