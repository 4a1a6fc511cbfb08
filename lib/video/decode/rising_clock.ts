/** Makes the times of frames rise, whatever a file says. */

/**
 * Times that rise, out of those in a file: unchanged as long as they rise, made up for frames without one, and carried on where a
 * file begins anew from an earlier time, as one does that was joined of several.
 */
export class RisingClock {
  readonly #step: number;
  #last = -Infinity;
  /** What is added to the file's times. */
  #offset = 0;
  /** The last time in the file that went back, and what was made of it. */
  #back: { time: number; given: number } | undefined;

  /**
   * Begins before the first frame.
   *
   * @param step Time from one frame to the next where the file does not tell; above 0
   */
  constructor(step: number) {
    this.#step = step;
  }

  /**
   * The time of the next frame.
   *
   * @param time As the file has it, in any unit; `undefined` for a frame without one
   * @returns Above that of the frame before
   */
  next(time: number | undefined): number {
    const expected = this.#last === -Infinity ? 0 : this.#last + this.#step;
    if (time === undefined) return this.#last = expected;
    if (time + this.#offset > this.#last) {
      this.#back = undefined;
      return this.#last = time + this.#offset;
    }
    // One time that goes back is damage; where the next goes on from it, the file has begun anew.
    if (this.#back !== undefined && time > this.#back.time) {
      const offset = this.#back.given - this.#back.time;
      // Times that were made up in between may have gone further.
      if (time + offset > this.#last) {
        this.#offset = offset;
        this.#back = undefined;
        return this.#last = time + offset;
      }
    }
    this.#back = { time, given: expected };
    return this.#last = expected;
  }
}
