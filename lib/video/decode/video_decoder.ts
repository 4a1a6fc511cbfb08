/**
 * The server's side of the decode process.
 *
 * @module
 */

import type { Size } from "../../image/size.ts";
import { VideoDecodeError } from "../errors.ts";
import { ChildError, type ChildFailure, DecodeChild, hasLibraries } from "./decode_child.ts";
import type { ChildProgram } from "../../child_program.ts";
import type { Annotation, DecodeRequest, RecordHead } from "./frame_protocol.ts";
import type { VideoInfo } from "../jobs/job.ts";
import { type FrameBounds, mostPixels } from "./display_geometry.ts";

/** Options of {@linkcode VideoDecoder.open}. */
export interface VideoDecoderOptions {
  /** Frames are scaled down to fit within this, keeping their shape; never up. */
  frameSize: FrameBounds;
  /**
   * First frame wanted, counted from 0 in the file.
   *
   * @default {0}
   */
  startFrame?: number;
  /**
   * Every n-th frame is wanted, counted from frame 0.
   *
   * @default {1}
   */
  frameStride?: number;
  /**
   * Most frames; 0 for all.
   *
   * @default {0}
   */
  maxFrames?: number;
  /**
   * Largest image that is decoded, in pixels. The default lets 4K and 5K pass, and not 8K.
   *
   * @default {16777216}
   */
  maxPixels?: number;
  /**
   * Memory of the decode process, in bytes.
   *
   * @default {1073741824}
   */
  maxMemoryBytes?: number;
  /**
   * Longest wait for a frame, in milliseconds.
   *
   * @default {30000}
   */
  frameTimeoutMs?: number;
  /**
   * Longest time for counting the frames of a file that does not tell their number, in milliseconds; 0 for not counting.
   *
   * @default {5000}
   */
  countingMs?: number;
  /** Starts the decode process; by default this program itself. */
  command?: ChildProgram;
  /** Makes a video instead of giving frames; the directory of its files is given beside. */
  annotation?: Annotation & { directory: string };
  /** Ends the decode process when aborted; whoever waits for a frame then gets an error. */
  signal?: AbortSignal;
}

type Settings =
  & Required<Omit<VideoDecoderOptions, "signal" | "annotation" | "command">>
  & Pick<VideoDecoderOptions, "annotation" | "command">;

/** One frame of a video. */
export interface VideoFrame {
  /** Counted from 0 in the file. */
  frameIndex: number;
  /** From the start of the file. */
  timestampMs: number;
  /** Width of `data` in pixels. */
  width: number;
  /** Height of `data` in pixels. */
  height: number;
  /** Size at which the video shows this frame, in pixels; that of a video may change midway. */
  shown: Size;
  /** HWC uint8 RGB, length `width * height * 3`; the receiver may transfer its buffer. */
  data: Uint8Array<ArrayBuffer>;
}

/**
 * Decodes one video in a process of its own.
 *
 * The process stops by itself when frames are not taken, so at most one waits in the pipe.
 *
 * @example
 * ```ts
 * await using decoder = await VideoDecoder.open("walk.mp4", { frameSize: { width: 512, height: 384 } });
 * for await (const frame of decoder.frames()) await look(frame);
 * ```
 */
export class VideoDecoder implements AsyncDisposable {
  readonly #child: DecodeChild;
  readonly #options: Settings;
  #info: VideoInfo | undefined;

  private constructor(path: string, options: Settings, signal: AbortSignal | undefined) {
    this.#options = options;
    const { frameTimeoutMs: _timeout, command, ...wanted } = options;
    const request: DecodeRequest = { path, ...wanted };
    this.#child = new DecodeChild(request, {
      ...(command !== undefined && { command }),
      maxBodyBytes: mostPixels(options.frameSize) * 3,
      niceness: LOW_PRIORITY,
      ...(options.annotation !== undefined && { directory: options.annotation.directory }),
      ...(signal !== undefined && { signal }),
    });
  }

  /**
   * Starts decoding.
   *
   * @throws {VideoDecodeError} If the file is no video that can be decoded
   */
  static async open(
    path: string,
    { signal, ...options }: VideoDecoderOptions,
  ): Promise<VideoDecoder> {
    checkLibraries();
    await checkFile(path);
    signal?.throwIfAborted();
    const decoder = new VideoDecoder(path, {
      startFrame: 0,
      frameStride: 1,
      maxFrames: 0,
      maxPixels: 16_777_216,
      maxMemoryBytes: 1_073_741_824,
      countingMs: 5000,
      frameTimeoutMs: 30_000,
      ...options,
    }, signal);
    try {
      const { head } = await decoder.#read();
      if (head.type !== "stream") throw new VideoDecodeError(BROKEN_OFF);
      const { type: _type, ...info } = head;
      decoder.#info = info;
      return decoder;
    } catch (error) {
      await decoder[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** What the file says of itself. */
  get info(): VideoInfo {
    if (this.#info === undefined) throw new TypeError("Cannot describe a video that is not open");
    return this.#info;
  }

  /** Process id of the decode process. */
  get pid(): number {
    return this.#child.pid;
  }

  /**
   * The wanted frames, in order.
   *
   * @throws {VideoDecodeError} If decoding fails midway
   */
  async *frames(): AsyncGenerator<VideoFrame> {
    for (;;) {
      const { head, body } = await this.#read();
      if (head.type === "end") return;
      if (head.type !== "frame") continue;
      const { type: _type, shownWidth, shownHeight, ...frame } = head;
      if (body.length !== frame.width * frame.height * 3) throw new VideoDecodeError(BROKEN_OFF);
      yield { ...frame, shown: { width: shownWidth, height: shownHeight }, data: body };
    }
  }

  /**
   * Waits until the video that was asked for by `annotation` is written.
   *
   * @throws {VideoDecodeError} If decoding or writing fails
   */
  async finished(): Promise<void> {
    for await (const _frame of this.frames());
  }

  /** Ends the decode process, wherever it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  /** The next record; an error record, a silent process and a dead one are thrown. */
  async #read(): Promise<{ head: RecordHead; body: Uint8Array<ArrayBuffer> }> {
    try {
      const record = await this.#child.read(this.#options.frameTimeoutMs);
      if (record.head.type === "error") throw new VideoDecodeError(record.head.message);
      return record;
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      throw new VideoDecodeError(this.#describe(error.failure), { cause: error });
    }
  }

  #describe(failure: ChildFailure): string {
    const { frameTimeoutMs, maxMemoryBytes } = this.#options;
    switch (failure) {
      case "silent":
        return `The video gave no frame for ${frameTimeoutMs / 1000} seconds`;
      case "memory":
        return `Decoding the video needs more than ${
          Math.round(maxMemoryBytes / 1_048_576)
        } MB of memory`;
      case "crashed":
        return BROKEN_OFF;
    }
  }
}

/** A priority at which the scheduler gives a process a tenth of a core that others want too. */
const LOW_PRIORITY = 10;

const BROKEN_OFF = "Decoding the video broke off unexpectedly";

/** @throws {VideoDecodeError} In an executable that was made without FFmpeg's libraries */
function checkLibraries(): void {
  if (hasLibraries()) return;
  throw new VideoDecodeError(
    "This executable was made without FFmpeg, so it cannot read video files: " +
      "use one made with `deno task compile --video`",
  );
}

/**
 * Says no more than the system knows: whatever is in the file is looked at in the decode process only.
 *
 * @throws {VideoDecodeError} If the file is missing or empty
 */
async function checkFile(path: string): Promise<void> {
  let size: number;
  try {
    ({ size } = await Deno.stat(path));
  } catch (error) {
    throw new VideoDecodeError("The video file is missing", { cause: error });
  }
  if (size === 0) throw new VideoDecodeError("The video file is empty");
}
