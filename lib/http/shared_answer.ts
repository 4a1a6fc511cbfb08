/**
 * An answer that costs something, given to many.
 *
 * @module
 */

/** Asks once for all who want to know at the same time, and keeps the answer for a while. */
export class SharedAnswer<T> {
  readonly #ask: () => Promise<T>;
  readonly #keepMs: number;
  #answer: Promise<T> | undefined;
  #keptUntil = -Infinity;

  /**
   * Asks nothing yet.
   *
   * @param ask Where it fails, all who wait fail, and the next one asks again
   * @param keepMs How long an answer stays good, from when it came
   */
  constructor(ask: () => Promise<T>, keepMs: number) {
    this.#ask = ask;
    this.#keepMs = keepMs;
  }

  /** The answer that is being asked for or is still good, or else a new one. */
  get(): Promise<T> {
    if (this.#answer === undefined || performance.now() >= this.#keptUntil) {
      this.#keptUntil = Infinity;
      this.#answer = this.#ask().then((answer) => {
        this.#keptUntil = performance.now() + this.#keepMs;
        return answer;
      }, (error) => {
        this.#answer = undefined;
        throw error;
      });
    }
    return this.#answer;
  }
}
