/** Picks frames evenly out of more. */

/** Frames that come a little early, since times are rounded, are not put off until the next. */
const TOLERANCE_MS = 1;

/**
 * Picks at most so many frames a second as are wanted, as evenly as the source allows: of 25 a second, 10 are every second or
 * third.
 */
export class FramePicker {
  readonly #periodMs: number;
  #dueMs: number | undefined;

  /**
   * Begins before the first frame, which is always picked.
   *
   * @param fps Most frames a second; above 0
   */
  constructor(fps: number) {
    this.#periodMs = 1000 / fps;
  }

  /**
   * Whether a frame is to be used. In any stretch of time, at most two more are than so many a second.
   *
   * @param timeMs Never less than that of the frame before
   */
  isDue(timeMs: number): boolean {
    const dueMs = this.#dueMs ?? timeMs;
    if (timeMs < dueMs - TOLERANCE_MS) return false;
    // Being late is made up for by at most one frame.
    this.#dueMs = Math.max(dueMs, timeMs - this.#periodMs) + this.#periodMs;
    return true;
  }
}
