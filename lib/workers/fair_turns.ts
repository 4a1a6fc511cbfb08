/**
 * Decides whose turn it is.
 *
 * @module
 */

/** Turns that a session may be behind; more are forgotten, so that it cannot claim the past for itself. */
const MOST_CREDIT = 3;
/** Sessions that are remembered; one that is forgotten is treated like a new one. */
const REMEMBERED = 256;

/**
 * The turns that sessions have had, as virtual times.
 *
 * Taking turns in order of arrival would always serve the same sessions first, and have those at the end of a burst skip
 * the next one. So turns are counted (as in start-time fair queueing, Goyal, Vin and Cheng 1996), with a little credit
 * for those missed.
 */
export class FairTurns {
  readonly #times = new Map<string, number>();
  /** Virtual time of the newest turn. */
  #now = 0;

  /**
   * When a session that begins to wait is due, in virtual time: the lowest goes first, and of equals the one that came first.
   *
   * An unknown session comes after all that wait. If it went first, an endless series of new sessions would leave no turn to
   * those that stay.
   */
  dueFor(sessionId: string): number {
    return Math.max(this.#times.get(sessionId) ?? this.#now + 1, this.#now - MOST_CREDIT);
  }

  /** Counts a turn of a session that was due at `due`. */
  take(sessionId: string, due: number): void {
    this.#now = Math.max(this.#now, due);
    // Set anew, so that the first in the map is the one that has not come for longest.
    this.#times.delete(sessionId);
    this.#times.set(sessionId, due + 1);
    const [oldest] = this.#times.keys();
    if (this.#times.size > REMEMBERED && oldest !== undefined) this.#times.delete(oldest);
  }

  /** Sessions that are remembered. */
  get size(): number {
    return this.#times.size;
  }
}
