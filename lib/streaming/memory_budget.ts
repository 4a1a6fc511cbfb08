/**
 * Limits the memory that data from all clients together may hold.
 *
 * @module
 */

/** Bytes that may be held, shared by all who hold some. */
export class MemoryBudget {
  readonly #limit: number;
  readonly #whole: MemoryBudget | undefined;
  #held = 0;

  /**
   * Begins with nothing held.
   *
   * @param limit In bytes
   * @param whole What is held of this budget counts towards that one as well
   */
  constructor(limit: number, whole?: MemoryBudget) {
    this.#limit = limit;
    this.#whole = whole;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes a share.
   *
   * @returns Whether there was room for it
   */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#limit) return false;
    if (this.#whole !== undefined && !this.#whole.take(bytes)) return false;
    this.#held += bytes;
    return true;
  }

  /** Gives a share back. */
  release(bytes: number): void {
    this.#held -= bytes;
    this.#whole?.release(bytes);
  }
}
