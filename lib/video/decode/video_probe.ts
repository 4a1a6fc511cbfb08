/**
 * Looks whether an upload is a video at all.
 *
 * @module
 */

import { JobStateError, VideoDecodeError } from "../errors.ts";
import { SerialQueue } from "../serial_queue.ts";
import { VideoDecoder, type VideoDecoderOptions } from "./video_decoder.ts";

/** Options of {@linkcode VideoProbe}. */
export interface VideoProbeOptions extends Pick<VideoDecoderOptions, "command"> {
  /**
   * Longest time for a first frame, and longest wait of an upload that need not be known to be a video; in milliseconds.
   *
   * @default {10000}
   */
  timeoutMs?: number;
}

/** Options of {@linkcode VideoProbe.check}. */
export interface VideoCheckOptions {
  /**
   * Whether to wait until it is known, however long others take. Otherwise a file passes that nothing is known of in time, so that
   * files that keep the decoder busy hold nobody up for longer: its job will tell.
   *
   * @default {false}
   */
  mustKnow?: boolean;
}

/** Decodes first frames, one at a time, since each takes a process of its own. */
export class VideoProbe {
  readonly #queue = new SerialQueue();
  readonly #stopping = new AbortController();
  readonly #timeoutMs: number;
  readonly #command: Pick<VideoDecoderOptions, "command">;

  /** Looks at nothing yet. */
  constructor({ timeoutMs = 10_000, ...command }: VideoProbeOptions = {}) {
    this.#timeoutMs = timeoutMs;
    this.#command = command;
  }

  /**
   * Decodes the first frame of a file.
   *
   * @throws {VideoDecodeError} If it has none
   * @throws {JobStateError} If the server is stopping
   */
  async check(path: string, { mustKnow = false }: VideoCheckOptions = {}): Promise<void> {
    if (mustKnow) return await this.#enqueue(path, this.#stopping.signal);
    const patience = new AbortController();
    const passed = Promise.withResolvers<void>();
    const timer = setTimeout(() => {
      passed.resolve();
      patience.abort();
    }, this.#timeoutMs);
    try {
      const signal = AbortSignal.any([this.#stopping.signal, patience.signal]);
      const checked = this.#enqueue(path, signal);
      // Once the file has passed, how its look ends does not matter any more.
      checked.catch(() => {});
      await Promise.race([checked, passed.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Gives up what is being looked at, and waits for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort(new JobStateError("The server is stopping"));
    await this.#queue.settled();
  }

  async #enqueue(path: string, signal: AbortSignal): Promise<void> {
    await this.#queue.run(async () => {
      try {
        signal.throwIfAborted();
        await this.#decodeFirstFrame(path, signal);
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    });
  }

  async #decodeFirstFrame(path: string, signal: AbortSignal): Promise<void> {
    await using decoder = await VideoDecoder.open(path, {
      ...this.#command,
      frameSize: { width: 64, height: 64 },
      maxFrames: 1,
      frameTimeoutMs: this.#timeoutMs,
      countingMs: 0,
      signal,
    });
    const { done } = await decoder.frames().next();
    if (done) throw new VideoDecodeError("The video has no frame that can be decoded");
  }
}
