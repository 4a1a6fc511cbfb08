/**
 * Looks whether an upload is a video at all.
 *
 * @module
 */

import { JobStateError, VideoDecodeError } from "../errors.ts";
import { SerialQueue } from "../jobs/serial_queue.ts";
import { VideoDecoder } from "./video_decoder.ts";

/** Longest time for the first frame, in milliseconds; others wait meanwhile. */
const TIMEOUT_MS = 10_000;

/** Decodes first frames, one at a time, since each takes a process of its own. */
export class VideoProbe {
  readonly #queue = new SerialQueue();
  readonly #stopping = new AbortController();

  /**
   * Decodes the first frame of a file.
   *
   * @throws {VideoDecodeError} If it has none
   * @throws {JobStateError} If the server is stopping
   */
  async check(path: string): Promise<void> {
    const { signal } = this.#stopping;
    await this.#queue.run(async () => {
      try {
        signal.throwIfAborted();
        await using decoder = await VideoDecoder.open(path, {
          frameSize: { width: 64, height: 64 },
          maxFrames: 1,
          frameTimeoutMs: TIMEOUT_MS,
          signal,
        });
        const { done } = await decoder.frames().next();
        if (done) throw new VideoDecodeError("The video has no frame that can be decoded");
      } catch (error) {
        signal.throwIfAborted();
        throw error;
      }
    });
  }

  /** Gives up what is being looked at, and waits for its end. */
  async stop(): Promise<void> {
    this.#stopping.abort(new JobStateError("The server is stopping"));
    await this.#queue.settled();
  }
}
