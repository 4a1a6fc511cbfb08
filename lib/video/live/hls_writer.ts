/**
 * Encodes images as H.264 in several qualities and writes them as HTTP Live Streaming (RFC 8216); used in the decode process only.
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
  Dictionary,
  FormatContext,
  type Frame,
  Packet,
  Rational,
  type Stream,
} from "node-av/lib";
import type { HlsVariant } from "../decode/hls_variants.ts";
import { VideoDecodeError } from "../errors.ts";
import { formatMaster } from "./hls_master.ts";
import { writeFile } from "./write_file.ts";

/** Each segment begins with a keyframe at a multiple of this. */
const SEGMENT_MS = 2000;

/** Segments that a playlist names; older files are deleted. */
const KEPT_SEGMENTS = 6;

const MILLISECONDS = new Rational(1, 1000);

/** What files are called: FFmpeg puts the level for `%v`. */
const NAMES = { playlist: "%v.m3u8", segment: "%v_%05d.ts", master: "master.m3u8" };

/** One quality that is being encoded. */
interface Track {
  variant: HlsVariant;
  stream: Stream;
  codec: CodecContext;
}

/** A stream that is being written. */
export class HlsWriter {
  readonly #directory: string;
  readonly #format: FormatContext;
  readonly #tracks: Track[];
  readonly #packet = new Packet();
  #lastMs = -1;
  #keyframeDueMs = 0;
  #keyframes = 0;
  #hasMaster = false;

  private constructor(directory: string, format: FormatContext, tracks: Track[]) {
    this.#directory = directory;
    this.#format = format;
    this.#tracks = tracks;
    this.#packet.alloc();
  }

  /**
   * Begins a stream.
   *
   * @param directory Of its files; it has to be there
   * @param options `fps`: images a second, more or less, by which the bits are shared out
   * @throws {VideoDecodeError} If it cannot be written
   */
  static async open(
    directory: string,
    { variants, fps }: { variants: readonly HlsVariant[]; fps: number },
  ): Promise<HlsWriter> {
    const format = new FormatContext();
    // Not as a URL, in which the muxer does not find the files that it is to delete.
    check(format.allocOutputContext2(null, "hls", `${directory}/${NAMES.playlist}`));
    const tracks: Track[] = [];
    for (const variant of variants) {
      const codec = await openCodec(variant, fps);
      const stream = format.newStream(null);
      stream.timeBase = MILLISECONDS;
      check(stream.codecpar.fromContext(codec));
      tracks.push({ variant, stream, codec });
    }
    const options = {
      hls_time: SEGMENT_MS / 1000,
      hls_list_size: KEPT_SEGMENTS,
      hls_flags: "delete_segments+independent_segments+temp_file",
      hls_segment_filename: `${directory}/${NAMES.segment}`,
      var_stream_map: variants.map(({ level }, index) => `v:${index},name:${level}`).join(" "),
    };
    check(await format.writeHeader(Dictionary.fromObject(options)));
    return new HlsWriter(directory, format, tracks);
  }

  /**
   * Encodes one image.
   *
   * @param images The image in the size of each quality, in the pixel format yuv420p
   * @param timeMs From any start; one that is not later than the last is put right behind it
   * @throws {VideoDecodeError} If it cannot be encoded or written
   */
  async write(images: readonly Frame[], timeMs: number): Promise<void> {
    const pts = Math.max(Math.round(timeMs), this.#lastMs + 1);
    const isKeyframe = pts >= this.#keyframeDueMs;
    if (isKeyframe) {
      this.#keyframeDueMs = (Math.floor(pts / SEGMENT_MS) + 1) * SEGMENT_MS;
      this.#keyframes++;
    }
    for (const [index, { codec, stream }] of this.#tracks.entries()) {
      const image = images[index];
      if (image === undefined) throw new TypeError("There is no image for each quality");
      image.pts = BigInt(pts);
      image.pictType = isKeyframe ? AV_PICTURE_TYPE_I : AV_PICTURE_TYPE_NONE;
      check(await codec.sendFrame(image));
      await this.#drain(codec, stream, pts - this.#lastMs);
    }
    this.#lastMs = pts;
    // The muxer keeps each image until the next, so now the first segment of every quality is there.
    if (this.#keyframes > 2 || (this.#keyframes === 2 && !isKeyframe)) this.#writeMaster();
  }

  /** Ends the stream; its files stay. */
  async close(): Promise<void> {
    // What cannot be written any more is of no use to anybody.
    await this.#format.writeTrailer();
    for (const { codec } of this.#tracks) codec.freeContext();
    this.#packet.free();
    this.#format.freeContext();
  }

  /** FFmpeg's own would tell a wrong average of bits, by which players choose. */
  #writeMaster(): void {
    if (this.#hasMaster) return;
    this.#hasMaster = true;
    const entries = this.#tracks.map(({ variant, codec }) => ({
      variant,
      header: codec.extraData,
    }));
    writeFile(`${this.#directory}/${NAMES.master}`, formatMaster(entries));
  }

  async #drain(codec: CodecContext, stream: Stream, frameMs: number): Promise<void> {
    while (await codec.receivePacket(this.#packet) >= 0) {
      this.#packet.streamIndex = stream.index;
      this.#packet.duration = BigInt(frameMs);
      this.#packet.rescaleTs(MILLISECONDS, stream.timeBase);
      check(await this.#format.interleavedWriteFrame(this.#packet));
      this.#packet.unref();
    }
  }
}

async function openCodec(
  { width, height, bitrate }: HlsVariant,
  fps: number,
): Promise<CodecContext> {
  const encoder = Codec.findEncoderByName("libx264" as never);
  if (encoder === null) throw new VideoDecodeError("There is no encoder for H.264");
  const codec = new CodecContext();
  codec.allocContext3(encoder);
  codec.width = width;
  codec.height = height;
  codec.pixelFormat = AV_PIX_FMT_YUV420P;
  codec.timeBase = MILLISECONDS;
  codec.framerate = new Rational(Math.round(fps * 1000), 1000);
  codec.threadCount = 1;
  codec.bitRate = BigInt(bitrate * 1000);
  codec.rcMaxRate = BigInt(bitrate * 1000);
  codec.rcBufferSize = bitrate * 2000;
  // Keyframes come when they are asked for, since frames come unevenly.
  codec.gopSize = 1000;
  // The list of qualities tells the profile, which is in the global header; players find it again in every segment.
  codec.flags = (codec.flags | AV_CODEC_FLAG_GLOBAL_HEADER) as typeof codec.flags;
  const options = {
    preset: "ultrafast",
    tune: "zerolatency",
    "forced-idr": "1",
    "x264-params": "repeat-headers=1:scenecut=0",
  };
  for (const [name, value] of Object.entries(options)) check(codec.setOption(name, value));
  check(await codec.open2(encoder, null));
  return codec;
}

function check(code: number): void {
  if (code < 0) throw new VideoDecodeError("The video cannot be written");
}
