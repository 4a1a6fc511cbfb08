/** Plays what comes faster than it happened, such as a file, at the pace at which it happened. */

/** A gap in the source's times that is no gap in what it shows. */
const LONGEST_WAIT_MS = 5000;

/** Waits for the time of each frame. */
export class RealTime {
  readonly #rate: number;
  #startMs: number | undefined;

  /**
   * Begins with the first frame, whose time is now.
   *
   * @param rate Seconds of the source in a second
   */
  constructor(rate: number) {
    this.#rate = rate;
  }

  /**
   * Waits until a frame is due; one that comes late puts off all that follow.
   *
   * @param timeMs Never less than that of the frame before
   */
  async wait(timeMs: number): Promise<void> {
    const now = performance.now();
    const due = timeMs / this.#rate;
    this.#startMs ??= now - due;
    const waitMs = this.#startMs + due - now;
    if (waitMs > 0 && waitMs <= LONGEST_WAIT_MS) {
      await new Promise((resolve) => setTimeout(resolve, waitMs));
    } else if (waitMs !== 0) {
      this.#startMs = now - due;
    }
  }
}
