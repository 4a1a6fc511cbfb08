/**
 * The pace that whoever sends something has to keep.
 *
 * @module
 */

/** So many bytes have to come within so many milliseconds of waiting for them. */
export interface PaceLimit {
  /** Bytes. */
  bytes: number;
  /** Milliseconds. */
  withinMs: number;
}

/** Counts the time that was spent waiting for a sender; time in which nobody waited for it does not count. */
export class Pace {
  readonly #limit: PaceLimit;
  #waitedMs = 0;
  #bytes = 0;

  /** Begins with nothing waited and nothing come. */
  constructor(limit: PaceLimit) {
    this.#limit = limit;
  }

  /** How long the sender may be waited for from now, in milliseconds. */
  get leftMs(): number {
    return Math.max(0, this.#limit.withinMs - this.#waitedMs);
  }

  /** Notes that so many bytes came after so many milliseconds. */
  came(bytes: number, waitedMs: number): void {
    this.#waitedMs += waitedMs;
    this.#bytes += bytes;
    if (this.#bytes >= this.#limit.bytes) this.restart();
  }

  /** Begins anew. */
  restart(): void {
    this.#waitedMs = this.#bytes = 0;
  }
}
