/**
 * A time limit that is set again and again.
 *
 * @module
 */

/**
 * Calls a function when a time is over.
 *
 * Setting and clearing cost next to nothing, because the timer behind it is left to run and only then looks whether it is due.
 */
export class Deadline {
  readonly #onExpired: () => void;
  #due = Infinity;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerDue = Infinity;

  /** Begins without a limit. */
  constructor(onExpired: () => void) {
    this.#onExpired = onExpired;
  }

  /** Sets the limit, in place of the one before, to so many milliseconds from now. */
  set(milliseconds: number): void {
    this.#due = performance.now() + milliseconds;
    if (this.#due < this.#timerDue) this.#arm();
  }

  /** Takes the limit away. */
  clear(): void {
    this.#due = Infinity;
  }

  /** Takes the limit away for good. */
  dispose(): void {
    this.clear();
    clearTimeout(this.#timer);
    this.#timerDue = Infinity;
  }

  #arm(): void {
    clearTimeout(this.#timer);
    this.#timerDue = this.#due;
    this.#timer = setTimeout(() => this.#look(), Math.max(0, this.#due - performance.now()));
  }

  #look(): void {
    this.#timerDue = Infinity;
    if (this.#due === Infinity) return;
    // Timers may fire a fraction early.
    if (performance.now() < this.#due - 1) return this.#arm();
    this.clear();
    this.#onExpired();
  }
}
