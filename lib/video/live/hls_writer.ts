/**
 * Encodes images as H.264 in several qualities and writes them as HTTP Live Streaming (RFC 8216); used in the decode process only.
 *
 * @module
 */

import { Dictionary, FormatContext, type Frame } from "node-av/lib";
import type { HlsVariant } from "../decode/hls_variants.ts";
import { checkWritten, H264Track } from "../h264_track.ts";
import { formatMaster } from "./hls_master.ts";
import { writeFile } from "./write_file.ts";

/** Each segment begins with a keyframe at a multiple of this. */
const SEGMENT_MS = 2000;

/** Segments that a playlist names; older files are deleted. */
const KEPT_SEGMENTS = 6;

/** What files are called: FFmpeg puts the level for `%v`. */
const NAMES = { playlist: "%v.m3u8", segment: "%v_%05d.ts", master: "master.m3u8" };

/** A stream that is being written. */
export class HlsWriter {
  readonly #directory: string;
  readonly #format: FormatContext;
  readonly #tracks: readonly [HlsVariant, H264Track][];
  readonly #resources: DisposableStack;
  #keyframeDueMs = 0;
  #keyframes = 0;
  #hasMaster = false;

  private constructor(
    directory: string,
    format: FormatContext,
    tracks: readonly [HlsVariant, H264Track][],
    resources: DisposableStack,
  ) {
    this.#directory = directory;
    this.#format = format;
    this.#tracks = tracks;
    this.#resources = resources;
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
    using resources = new DisposableStack();
    const format = resources.adopt(new FormatContext(), (format) => format.freeContext());
    // Not as a URL, in which the muxer does not find the files that it is to delete.
    checkWritten(format.allocOutputContext2(null, "hls", `${directory}/${NAMES.playlist}`));
    const tracks: [HlsVariant, H264Track][] = [];
    for (const variant of variants) {
      const options = encoderOptions(variant);
      const track = resources.use(await H264Track.add(format, { size: variant, fps, options }));
      tracks.push([variant, track]);
    }
    const options = {
      hls_time: SEGMENT_MS / 1000,
      hls_list_size: KEPT_SEGMENTS,
      hls_flags: "delete_segments+independent_segments+temp_file",
      hls_segment_filename: `${directory}/${NAMES.segment}`,
      var_stream_map: variants.map(({ level }, index) => `v:${index},name:${level}`).join(" "),
    };
    checkWritten(await format.writeHeader(Dictionary.fromObject(options)));
    return new HlsWriter(directory, format, tracks, resources.move());
  }

  /**
   * Encodes one image.
   *
   * @param images The image in the size of each quality, in the pixel format yuv420p
   * @param timeMs From any start; one that is not later than the last is put right behind it
   * @throws {VideoDecodeError} If it cannot be encoded or written
   */
  async write(images: readonly Frame[], timeMs: number): Promise<void> {
    const isKeyframe = timeMs >= this.#keyframeDueMs;
    if (isKeyframe) {
      this.#keyframeDueMs = (Math.floor(timeMs / SEGMENT_MS) + 1) * SEGMENT_MS;
      this.#keyframes++;
    }
    for (const [index, [, track]] of this.#tracks.entries()) {
      const image = images[index];
      if (image === undefined) throw new TypeError("There is no image for each quality");
      await track.write(image, timeMs, isKeyframe);
    }
    // The muxer keeps each image until the next, so now the first segment of every quality is there.
    if (this.#keyframes > 2 || (this.#keyframes === 2 && !isKeyframe)) this.#writeMaster();
  }

  /** Ends the stream; its files stay. */
  async close(): Promise<void> {
    // What cannot be written any more is of no use to anybody.
    await this.#format.writeTrailer();
    this.#resources.dispose();
  }

  /** FFmpeg's own would tell a wrong average of bits, by which players choose. */
  #writeMaster(): void {
    if (this.#hasMaster) return;
    this.#hasMaster = true;
    const entries = this.#tracks.map(([variant, { header }]) => ({ variant, header }));
    writeFile(`${this.#directory}/${NAMES.master}`, formatMaster(entries));
  }
}

function encoderOptions({ bitrate }: HlsVariant): Record<string, string> {
  return {
    preset: "ultrafast",
    tune: "zerolatency",
    b: `${bitrate}k`,
    maxrate: `${bitrate}k`,
    bufsize: `${2 * bitrate}k`,
    // Keyframes come when they are asked for, since frames come unevenly.
    g: "1000",
    "forced-idr": "1",
    // The list of qualities tells the profile, which is in the global header; players find it again in every segment.
    "x264-params": "repeat-headers=1:scenecut=0",
  };
}
