/**
 * Passes the newest frame of a camera on to whoever wants it, as often as each can take one.
 *
 * @module
 */

import type { PipelineResult } from "../protocol/result.ts";
import type { ResultMessage } from "../protocol/stream.ts";

/** Draws what was found into a JPEG, and returns another. */
export type DrawOverlay = (
  jpeg: Uint8Array<ArrayBuffer>,
  result: PipelineResult,
) => Promise<Uint8Array<ArrayBuffer>>;

/** A frame and what was found in it. */
export class AnsweredFrame {
  /** The frame as it was looked at, a JPEG. */
  readonly jpeg: Uint8Array<ArrayBuffer>;
  readonly #result: PipelineResult;
  readonly #draw: DrawOverlay;
  #drawn: Promise<Uint8Array<ArrayBuffer>> | undefined;

  /** Draws nothing yet. */
  constructor(jpeg: Uint8Array<ArrayBuffer>, { result }: ResultMessage, draw: DrawOverlay) {
    this.jpeg = jpeg;
    this.#result = result;
    this.#draw = draw;
  }

  /** The frame with what was found drawn in, which is made once however many ask for it. */
  drawn(): Promise<Uint8Array<ArrayBuffer>> {
    return this.#drawn ??= this.#draw(this.jpeg, this.#result);
  }
}

/** The newest frame, and those who wait for the next one. */
export class FrameRelay {
  #newest: AnsweredFrame | undefined;
  #isClosed = false;
  #changed = Promise.withResolvers<void>();

  /** The newest frame; `undefined` while there is none. */
  get newest(): AnsweredFrame | undefined {
    return this.#newest;
  }

  /** Whether there will be no frames any more. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Puts a frame in place of the one before. */
  publish(frame: AnsweredFrame): void {
    this.#newest = frame;
    this.wake();
  }

  /** Forgets the newest frame, since the camera is off. */
  clear(): void {
    this.#newest = undefined;
  }

  /** Ends all waiting. */
  close(): void {
    this.#isClosed = true;
    this.clear();
    this.wake();
  }

  /** Lets all who wait look again. */
  wake(): void {
    const { resolve } = this.#changed;
    this.#changed = Promise.withResolvers();
    resolve();
  }

  /**
   * Waits for a frame newer than another.
   *
   * @param isOver Asked whenever something has changed; ends the waiting
   * @returns `undefined` if none came in time
   */
  async next(
    last: AnsweredFrame | undefined,
    timeoutMs: number,
    isOver: () => boolean = () => false,
  ): Promise<AnsweredFrame | undefined> {
    const timeout = Promise.withResolvers<void>();
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      timeout.resolve();
    }, timeoutMs);
    try {
      for (;;) {
        if (this.#newest !== undefined && this.#newest !== last) return this.#newest;
        if (isLate || this.#isClosed || isOver()) return undefined;
        await Promise.race([this.#changed.promise, timeout.promise]);
      }
    } finally {
      clearTimeout(timer);
    }
  }
}
