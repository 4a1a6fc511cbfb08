/** A wait that others can end. */
export class WakeUp {
  #wake: (() => void) | undefined;

  /** Ends the wait that is going on, if there is one. */
  wake(): void {
    this.#wake?.();
  }

  /**
   * Waits until it is woken, or for so many milliseconds; without end by default.
   *
   * @returns Whether it was woken
   */
  async wait(milliseconds = Infinity): Promise<boolean> {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#wake = () => resolve(true);
    const timer = milliseconds === Infinity
      ? undefined
      : setTimeout(() => resolve(false), milliseconds);
    const wasWoken = await promise;
    clearTimeout(timer);
    this.#wake = undefined;
    return wasWoken;
  }
}
