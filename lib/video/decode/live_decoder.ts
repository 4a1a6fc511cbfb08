/**
 * The server's side of the decode process of a live source.
 *
 * @module
 */

import { ChildError, DecodeChild, hasLibraries } from "./decode_child.ts";
import type { ChildProgram } from "../../child_program.ts";
import { type FrameBounds, mostPixels } from "./display_geometry.ts";
import type { RecordHead, SourceInfo } from "./frame_protocol.ts";
import type { PipelineResult } from "../../protocol/result.ts";
import { parseSourceAddress } from "./source_address.ts";
import { SourceError, type SourceProblem } from "./source_error.ts";

/** Options of {@linkcode LiveDecoder.open}. */
export interface LiveDecoderOptions {
  /** Most frames a second; above 0. */
  fps: number;
  /** Frames are scaled down to fit within this, keeping their shape; never up. */
  frameSize: FrameBounds;
  /**
   * Longest wait for the source to be open, in milliseconds.
   *
   * @default {10000}
   */
  openTimeoutMs?: number;
  /**
   * Longest silence of an open source, in milliseconds.
   *
   * @default {10000}
   */
  frameTimeoutMs?: number;
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
  /** Starts the decode process; by default this program itself. */
  command?: ChildProgram;
  /** Ends the decode process when aborted; whoever waits for a frame then gets an error. */
  signal?: AbortSignal;
}

/** One frame of a live source. */
export interface LiveFrame {
  /** The image as a whole JPEG; the receiver may transfer its buffer. */
  jpeg: Uint8Array<ArrayBuffer>;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
  /** Counted from 0 over all images that were decoded or looked at, so it rises by more than one where some were not taken. */
  frameIndex: number;
  /** How old it was when it was sent, in milliseconds since it was decoded. */
  ageMs: number;
}

/** Streams go before, jobs after: a tenth of a core that all want goes to those with 10. */
const CAMERA_NICENESS = 5;

/** Room for a JPEG however small the frames are. */
const MIN_BODY_BYTES = 262_144;

/**
 * Decodes one live source in a process of its own.
 *
 * The process goes on decoding while no frame is taken, and then gives the newest one. The address goes to it over its standard
 * input, so that no list of processes shows a password.
 *
 * @example
 * ```ts
 * const options = { fps: 10, frameSize: { width: 640, height: 480 } };
 * await using decoder = await LiveDecoder.open("rtsp://192.168.1.20/stream2", options);
 * for await (const { jpeg } of decoder.frames()) await look(jpeg);
 * ```
 */
export class LiveDecoder implements AsyncDisposable {
  readonly #child: DecodeChild;
  readonly #frameTimeoutMs: number;
  #info: SourceInfo | undefined;
  #droppedFrames = 0;
  #isPlaying = false;
  #hasVideoFailed = false;

  private constructor(options: LiveDecoderOptions) {
    const { fps, frameSize, command, signal } = options;
    const { frameTimeoutMs = 10_000, maxPixels = 16_777_216, maxMemoryBytes = 1_073_741_824 } =
      options;
    this.#frameTimeoutMs = frameTimeoutMs;
    this.#child = new DecodeChild({ fps, frameSize, maxPixels, maxMemoryBytes }, {
      ...(command !== undefined && { command }),
      maxBodyBytes: Math.max(MIN_BODY_BYTES, mostPixels(frameSize) * 3),
      niceness: CAMERA_NICENESS,
      ...(signal !== undefined && { signal }),
    });
  }

  /**
   * Opens a source.
   *
   * @param address `rtsp`, `rtsps`, `http`, `https`, `file` (played in a loop), `/dev/video0` or `v4l2:/dev/video0`
   * @throws {SourceError} If it cannot be opened, or gives no video that can be decoded
   * @throws Whatever `signal` was aborted with
   */
  static async open(address: string, options: LiveDecoderOptions): Promise<LiveDecoder> {
    const { openTimeoutMs = 10_000, signal } = options;
    if (!hasLibraries()) throw new SourceError("no_libraries");
    parseSourceAddress(address);
    signal?.throwIfAborted();
    const decoder = new LiveDecoder(options);
    try {
      decoder.#child.send({ type: "open", address });
      const { head } = await decoder.#read(openTimeoutMs, "slow_to_open");
      if (head.type !== "source") throw new SourceError("crashed");
      const { type: _type, ...info } = head;
      decoder.#info = info;
      return decoder;
    } catch (error) {
      await decoder[Symbol.asyncDispose]();
      signal?.throwIfAborted();
      throw error;
    }
  }

  /** What the source says of itself. */
  get info(): SourceInfo {
    if (this.#info === undefined) throw new TypeError("Cannot describe a source that is not open");
    return this.#info;
  }

  /** Process id of the decode process. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Frames so far that newer ones replaced, since nobody took them in time. */
  get droppedFrames(): number {
    return this.#droppedFrames;
  }

  /** Whether the video that {@linkcode play} began has ended, since it cannot be written. */
  get hasVideoFailed(): boolean {
    return this.#hasVideoFailed;
  }

  /**
   * The frames of the source, each the newest at the time when it is asked for.
   *
   * @throws {SourceError} When the source gives no more
   */
  async *frames(): AsyncGenerator<LiveFrame> {
    for (;;) {
      this.#child.send({ type: "next" });
      let record = await this.#read(this.#frameTimeoutMs, "silent");
      while (record.head.type === "alive" || record.head.type === "unwritable") {
        if (record.head.type === "unwritable") this.#hasVideoFailed = true;
        record = await this.#read(this.#frameTimeoutMs, "silent");
      }
      if (record.head.type !== "jpeg") throw new SourceError("crashed");
      const { frameIndex, width, height, ageMs, replaced } = record.head;
      this.#droppedFrames += replaced;
      yield { jpeg: record.body, frameIndex, width, height, ageMs };
    }
  }

  /**
   * Begins a video of the source with results drawn in, as HTTP Live Streaming: `master.m3u8` and what it names, in each of
   * {@linkcode hlsVariants}; nothing is there before the first two seconds are over. `null` ends it, after which it is for the
   * caller to remove the files; one may still be written while the end has not reached the process.
   *
   * @param hls Its directory, an absolute path, which has to be there and empty
   */
  play(hls: { directory: string } | null): void {
    this.#isPlaying = hls !== null;
    this.#hasVideoFailed = false;
    this.#child.send({ type: "play", directory: hls?.directory ?? null });
  }

  /**
   * Tells what was found in a frame, which puts it into the video that {@linkcode play} began. Frames without results are left out,
   * and so are those whose results come later than those of seven others.
   */
  annotate(frameIndex: number, result: PipelineResult): void {
    if (this.#isPlaying) this.#child.send({ type: "annotate", frameIndex, result });
  }

  /** Ends the decode process, wherever it is. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#child[Symbol.asyncDispose]();
  }

  /** The next record; a problem of the source, a silent process and a dead one are thrown. */
  async #read(
    timeoutMs: number,
    ifSilent: SourceProblem,
  ): Promise<{ head: RecordHead; body: Uint8Array<ArrayBuffer> }> {
    try {
      const record = await this.#child.read(timeoutMs);
      if (record.head.type === "problem") throw new SourceError(record.head.problem);
      return record;
    } catch (error) {
      if (!(error instanceof ChildError)) throw error;
      const { failure } = error;
      throw new SourceError(failure === "silent" ? ifSilent : failure, { cause: error });
    }
  }
}
