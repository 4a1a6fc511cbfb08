/**
 * Bounds the memory of all frames that are being held, in flight and waiting, of all sessions together.
 *
 * @module
 */

/** Bytes that frames may hold, shared by all sessions. */
export class FrameBudget {
  readonly #limit: number;
  #held = 0;

  /**
   * Begins with nothing held.
   *
   * @param limit In bytes
   */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /**
   * Takes a share for a frame.
   *
   * @returns Whether there was room for it
   */
  take(bytes: number): boolean {
    if (this.#held + bytes > this.#limit) return false;
    this.#held += bytes;
    return true;
  }

  /** Gives a frame's share back. */
  release(bytes: number): void {
    this.#held -= bytes;
  }
}
