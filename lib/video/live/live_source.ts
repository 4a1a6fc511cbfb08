/**
 * Reads and decodes one live source with FFmpeg's libraries; used in the decode process only.
 *
 * @module
 */

import {
  AV_CODEC_ID_MJPEG,
  AV_LOG_QUIET,
  AV_NOPTS_VALUE,
  AV_PKT_DATA_DISPLAYMATRIX,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  AVERROR_INVALIDDATA,
} from "node-av/constants";
import { avGetCodecName, type CodecContext, Frame, Log, Packet } from "node-av/lib";
import {
  type CodedImage,
  type Orientation,
  ratio,
  readDisplayMatrix,
  shownSize,
} from "../decode/display_geometry.ts";
import type { SourceInfo } from "../decode/frame_protocol.ts";
import { openCodec } from "../decode/open_codec.ts";
import { RisingClock } from "../decode/rising_clock.ts";
import type { SourceAddress } from "../decode/source_address.ts";
import { SourceError, type SourceProblem } from "../decode/source_error.ts";
import { MAX_FAILURES_PER_PACKET } from "../decode/video_reader.ts";
import type { Size } from "../../image/size.ts";
import { CatchingUp } from "./catching_up.ts";
import { Damage } from "./damage.ts";
import { type OpenSource, openSource } from "./open_source.ts";
import { RealTime } from "./real_time.ts";

/** One image of a source, valid until the next one is asked for. */
export interface LiveImage {
  /** Counted from 0 over all images that were decoded or looked at. */
  index: number;
  /** In the codec's own pixel format and orientation; `null` where only the JPEG is wanted. */
  image: Frame | null;
  /** The image as the source sent it, if that was a JPEG. */
  jpeg: Uint8Array | null;
  /** Size at which it is shown, in pixels. */
  shown: Size;
}

/** How a source is read. */
export interface LiveSourceOptions {
  /** Most frames a second that are wanted. */
  fps: number;
  /** Largest image that is decoded, in pixels. */
  maxPixels: number;
}

/** What {@linkcode LiveSource.images} asks of its caller. */
export interface ImageChoice {
  /** Whether the image of this time, in milliseconds, is wanted. */
  isDue(timeMs: number): boolean;
  /** Whether a JPEG of the source is of no use until it is decoded. */
  mustDecode(jpeg: Uint8Array): boolean;
  /** Called for each image that is not wanted; not for damaged ones. */
  onSkipped(): void;
}

/** Frames a second of a source that does not tell. */
const USUAL_FRAME_RATE = 25;

/** No camera has more; what claims so does not know. */
const MAX_FRAME_RATE = 240;

/** So many times as many frames as are wanted, and those that no other needs are not decoded. */
const ABUNDANCE = 3;

/** Recorded or not, what comes over HTTP is played this much faster than it happened: a delay would stay for good otherwise. */
const HTTP_RATE = 1.02;

/** A live source that is open. */
export class LiveSource {
  readonly #address: SourceAddress;
  readonly #options: LiveSourceOptions;
  readonly #clock: RisingClock;
  readonly #realTime: RealTime | null;
  readonly #catchingUp = new CatchingUp();
  readonly #damage = new Damage();
  #source: OpenSource;
  #codec: CodecContext;
  #index = 0;

  private constructor(
    address: SourceAddress,
    options: LiveSourceOptions,
    source: OpenSource,
    codec: CodecContext,
  ) {
    this.#address = address;
    this.#options = options;
    this.#source = source;
    this.#codec = codec;
    this.#clock = new RisingClock(1000 / (frameRate(source) ?? USUAL_FRAME_RATE));
    this.#realTime = paceOf(address, source);
  }

  /**
   * Opens a source.
   *
   * @throws {SourceError} If it cannot be reached, or gives no video that can be decoded
   */
  static async open(address: SourceAddress, options: LiveSourceOptions): Promise<LiveSource> {
    Log.setLevel(AV_LOG_QUIET);
    const source = await openSource(address, options.maxPixels);
    return new LiveSource(address, options, source, await openDecoder(source, options));
  }

  /** How images have to be turned. */
  get orientation(): Orientation {
    const { codecpar } = this.#source.stream;
    return readDisplayMatrix(codecpar.getCodedSideData(AV_PKT_DATA_DISPLAYMATRIX));
  }

  /** Facts about the source. */
  get info(): SourceInfo {
    const { codecpar } = this.#source.stream;
    const fps = hasTimes(this.#address, this.#source) ? frameRate(this.#source) : null;
    const codec = avGetCodecName(codecpar.codecId) ?? "unknown";
    return { ...this.#shownSize(codecpar), fps: fps && Math.round(fps * 100) / 100, codec };
  }

  /**
   * The wanted images, in the order in which they are shown, never before their time; a file begins anew at its end. Damaged ones
   * are left out.
   *
   * @throws {SourceError} When the source ends, or nothing but damaged images has come for long
   */
  async *images(choice: ImageChoice): AsyncGenerator<LiveImage> {
    using packet = new Packet();
    packet.alloc();
    using image = new Frame();
    image.alloc();
    for (;;) {
      const before = this.#index;
      const code = yield* this.#play(packet, image, choice);
      if (this.#index === before && this.#index === 0) throw new SourceError("no_frames");
      if (this.#address.kind !== "file") throw new SourceError(problemAtEnd(code));
      await this.#rewind();
    }
  }

  /** @returns FFmpeg's number for how it ended */
  async *#play(
    packet: Packet,
    image: Frame,
    choice: ImageChoice,
  ): AsyncGenerator<LiveImage, number> {
    const { format, stream } = this.#source;
    const isMjpeg = stream.codecpar.codecId === AV_CODEC_ID_MJPEG;
    for (;;) {
      const code = await format.readFrame(packet);
      if (code === AVERROR_EAGAIN) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      } else if (code < 0) {
        await this.#codec.sendPacket(null);
        if (!isMjpeg) yield* this.#receive(image, choice);
        return code;
      } else if (packet.streamIndex === stream.index && !this.#isTooLate(packet)) {
        yield* isMjpeg
          ? this.#pickJpeg(packet, image, choice)
          : this.#decode(packet, image, choice);
      }
      packet.unref();
    }
  }

  /**
   * A file is opened again, since not every one can be wound back. The old one stays open for as long: what {@linkcode info} and
   * {@linkcode orientation} read is in its memory, and they may be asked at any time.
   */
  async #rewind(): Promise<void> {
    const { format } = this.#source;
    this.#source = await openSource(this.#address, this.#options.maxPixels);
    await format.closeInput();
    this.#codec.freeContext();
    this.#codec = await openDecoder(this.#source, this.#options);
  }

  #isTooLate({ pts, isKeyframe }: Packet): boolean {
    if (this.#address.kind !== "rtsp" || pts === AV_NOPTS_VALUE) return false;
    const timeMs = Number(pts) * ratio(this.#source.stream.timeBase) * 1000;
    return this.#catchingUp.skips({ timeMs, nowMs: performance.now(), isKey: isKeyframe });
  }

  async *#decode(packet: Packet, image: Frame, choice: ImageChoice): AsyncGenerator<LiveImage> {
    // A packet that is refused is damaged: the decoder goes on with the next one.
    if (await this.#codec.sendPacket(packet) < 0) this.#damage.bad();
    yield* this.#receive(image, choice);
  }

  async *#receive(image: Frame, choice: ImageChoice): AsyncGenerator<LiveImage> {
    for (let failures = 0; failures < MAX_FAILURES_PER_PACKET;) {
      const code = await this.#codec.receiveFrame(image);
      if (code === AVERROR_EAGAIN || code === AVERROR_EOF) return;
      if (code < 0) {
        this.#damage.bad();
        failures++;
        continue;
      }
      this.#damage.good();
      const index = this.#index++;
      if (choice.isDue(await this.#time(image.bestEffortTimestamp))) {
        yield { index, image, jpeg: null, shown: this.#shownSize(image) };
      } else {
        choice.onSkipped();
      }
      image.unref();
    }
  }

  /** Each packet is an image of its own, so those that are not wanted need not be decoded. */
  async *#pickJpeg(packet: Packet, image: Frame, choice: ImageChoice): AsyncGenerator<LiveImage> {
    const index = this.#index++;
    const isDue = choice.isDue(await this.#time(packet.pts));
    const jpeg = packet.data;
    if (!isDue || jpeg === null) return choice.onSkipped();
    if (!choice.mustDecode(jpeg)) {
      this.#damage.good();
      yield { index, image: null, jpeg, shown: this.#shownSize(this.#source.stream.codecpar) };
      return;
    }
    await this.#codec.sendPacket(packet);
    if (await this.#codec.receiveFrame(image) < 0) return this.#damage.bad();
    this.#damage.good();
    yield { index, image, jpeg, shown: this.#shownSize(image) };
    image.unref();
  }

  /** The time of an image in milliseconds, once it has come. */
  async #time(pts: bigint): Promise<number> {
    if (!hasTimes(this.#address, this.#source)) return performance.now();
    const { timeBase } = this.#source.stream;
    const told = pts === AV_NOPTS_VALUE ? undefined : Number(pts) * ratio(timeBase) * 1000;
    const timeMs = this.#clock.next(told);
    await this.#realTime?.wait(timeMs);
    return timeMs;
  }

  #shownSize(image: CodedImage): Size {
    return shownSize(this.#source.stream, image, this.orientation);
  }
}

/** What FFmpeg's number for the end of a source means. */
function problemAtEnd(code: number): SourceProblem {
  if (code === AVERROR_EOF) return "ended";
  return code === AVERROR_INVALIDDATA ? "no_video" : "broke_off";
}

async function openDecoder(
  source: OpenSource,
  { fps, maxPixels }: LiveSourceOptions,
): Promise<CodecContext> {
  const isAbundant = (frameRate(source) ?? 0) >= ABUNDANCE * fps;
  const options = isAbundant ? { skip_frame: "noref" } : {};
  try {
    return await openCodec(source.stream, { maxPixels, options });
  } catch (cause) {
    throw new SourceError("unknown_codec", { cause });
  }
}

/** Whether a source tells when its images were taken; FFmpeg makes times up for a stream of JPEGs over HTTP. */
function hasTimes({ kind }: SourceAddress, { format }: OpenSource): boolean {
  return kind !== "http" || !["mjpeg", "mpjpeg"].includes(format.iformat?.name ?? "");
}

function paceOf(address: SourceAddress, source: OpenSource): RealTime | null {
  if (address.kind === "file") return new RealTime(1);
  const isRecording = address.kind === "http" && hasTimes(address, source);
  return isRecording ? new RealTime(HTTP_RATE) : null;
}

function frameRate({ stream }: OpenSource): number | null {
  const told = [stream.avgFrameRate, stream.codecpar.frameRate, stream.rFrameRate];
  return told.map(ratio).find((rate) => rate > 0 && rate <= MAX_FRAME_RATE) ?? null;
}
