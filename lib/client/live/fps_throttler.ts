/** Decides which video frames are captured, so that the server is sent no more than it answers. */

import { RollingWindow } from "./rolling_window.ts";

/** Options for {@linkcode FpsThrottler}. */
export interface FpsThrottlerOptions {
  /**
   * Frames a second to begin with, and at most.
   *
   * @default {15}
   */
  maximumFps?: number;
  /**
   * Frames a second that no warning goes below.
   *
   * @default {5}
   */
  minimumFps?: number;
}

/** Time without a drop or a warning before the rate rises again. */
const QUIET_MS = 10_000;
/** Time between two rises of 1 FPS. */
const RISE_MS = 1000;
/** A frame that comes this share of an interval early is taken: cameras jitter around their rate. */
const EARLY_SHARE = 0.25;

/**
 * The one throttle between a source of frames and the stream.
 *
 * It captures at the highest rate that the server keeps up with: on `slow_down` it goes down to the rate that was
 * really answered in the last 3 seconds, and after 10 seconds without drops up again by 1 FPS a second.
 * All times are milliseconds on one clock that never goes back.
 *
 * @example
 * ```ts
 * const throttler = new FpsThrottler();
 * const onVideoFrame = (now: number) => {
 *   if (throttler.tick(now)) capture();
 * };
 * ```
 */
export class FpsThrottler {
  readonly #maximumFps: number;
  readonly #minimumFps: number;
  readonly #answers = new RollingWindow({ lengthMs: 3000 });
  #fps: number;
  #nextCapture = -Infinity;
  #lastTrouble = -Infinity;
  #lastRise = -Infinity;

  /**
   * Begins at the highest rate.
   *
   * @throws {RangeError} If the rates are not `0 < minimumFps <= maximumFps`.
   */
  constructor({ maximumFps = 15, minimumFps = 5 }: FpsThrottlerOptions = {}) {
    if (!(minimumFps > 0 && minimumFps <= maximumFps)) {
      throw new RangeError(`Cannot throttle between ${minimumFps} and ${maximumFps} FPS`);
    }
    this.#maximumFps = maximumFps;
    this.#minimumFps = minimumFps;
    this.#fps = maximumFps;
  }

  /** The present rate, in frames a second. */
  get fps(): number {
    return this.#fps;
  }

  /** Whether the present rate is below the highest. */
  get isSlowed(): boolean {
    return this.#fps < this.#maximumFps;
  }

  /** Called for every frame of the source; `true` when this one is to be captured. */
  tick(now: number): boolean {
    this.#riseAfterQuiet(now);
    const interval = 1000 / this.#fps;
    if (now < this.#nextCapture - interval * EARLY_SHARE) return false;
    // Counting from the due time keeps the mean rate exact; what a pause left out is not made up for.
    const next = this.#nextCapture + interval;
    this.#nextCapture = next > now - interval ? next : now + interval;
    return true;
  }

  /** Called for every frame that was answered with a result. */
  answered(now: number): void {
    this.#answers.add(1, now);
  }

  /** Called for every frame that was answered with a drop. */
  dropped(now: number): void {
    this.#lastTrouble = now;
  }

  /** Called for every `slow_down` warning. */
  slowDown(now: number): void {
    this.#lastTrouble = now;
    this.#fps = Math.max(this.#minimumFps, Math.min(this.#fps, this.#answers.rate(now)));
  }

  /** Forgets the answers so far, because a new connection begins; the rate stays. */
  restart(): void {
    this.#answers.clear();
  }

  #riseAfterQuiet(now: number): void {
    if (!this.isSlowed) return;
    if (now - this.#lastTrouble < QUIET_MS || now - this.#lastRise < RISE_MS) return;
    this.#fps = Math.min(this.#maximumFps, this.#fps + 1);
    this.#lastRise = now;
  }
}
