/**
 * Does one thing after another.
 *
 * @module
 */

/** Runs work in the order in which it is handed in, each when the one before has ended. */
export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when it is its turn, and gives what comes of it; that others fail does not matter. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Waits for all that was handed in so far. */
  async settled(): Promise<void> {
    await this.#last;
  }
}
