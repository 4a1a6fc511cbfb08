/**
 * A limit on how often something may happen.
 *
 * @module
 */

/** Tokens come back at a steady rate, up to a capacity. */
export class TokenBucket {
  readonly #capacity: number;
  readonly #perSecond: number;
  #tokens: number;
  #countedAt = performance.now();

  /** Begins full. */
  constructor({ capacity, perSecond }: { capacity: number; perSecond: number }) {
    this.#capacity = this.#tokens = capacity;
    this.#perSecond = perSecond;
  }

  /**
   * Takes tokens.
   *
   * @returns Whether there were enough; otherwise none are taken
   */
  take(tokens: number): boolean {
    const now = performance.now();
    const returned = (now - this.#countedAt) / 1000 * this.#perSecond;
    this.#countedAt = now;
    this.#tokens = Math.min(this.#capacity, this.#tokens + returned);
    if (this.#tokens < tokens) return false;
    this.#tokens -= tokens;
    return true;
  }
}
