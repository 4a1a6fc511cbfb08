/**
 * Turns for large messages.
 *
 * @module
 */

import type { Sender } from "./unfinished_messages.ts";

/**
 * Lets only so many senders send a large message at a time; the others wait, and are not read meanwhile.
 *
 * The server sets the memory for a message aside when it begins. A sender that has not finished after a while has to go if
 * others wait.
 */
export class LargeMessages {
  readonly #places: number;
  readonly #graceMs: number;
  /** Who sends, and since when, by `performance.now()`; the longest first. */
  readonly #senders = new Map<Sender, number>();
  /** Who waits, the longest first. */
  readonly #waiting = new Map<Sender, () => void>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  /**
   * Begins with none.
   *
   * @param places How many may come at a time
   * @param graceMs How long each may take at least, in milliseconds
   */
  constructor(places: number, graceMs: number) {
    this.#places = places;
    this.#graceMs = graceMs;
  }

  /** Whether a sender may send its large message. */
  has(sender: Sender): boolean {
    return this.#senders.has(sender);
  }

  /** Waits for a turn, or until the sender gives up. */
  wait(sender: Sender): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(sender, resolve);
      this.#next();
    });
  }

  /** Notes that a sender has finished its message, or sends none any more. */
  delete(sender: Sender): void {
    this.#senders.delete(sender);
    this.#waiting.get(sender)?.();
    this.#waiting.delete(sender);
    this.#next();
  }

  #next(): void {
    for (const [sender, go] of this.#waiting) {
      if (this.#senders.size >= this.#places) break;
      this.#waiting.delete(sender);
      this.#senders.set(sender, performance.now());
      go();
    }
    if (this.#waiting.size === 0) {
      clearTimeout(this.#timer);
      this.#timer = undefined;
    } else {
      this.#timer ??= setTimeout(() => this.#endLongest(), this.#leftMs());
    }
  }

  /** How long the one that has sent the longest may go on. */
  #leftMs(): number {
    const since = this.#senders.values().next().value ?? performance.now();
    return Math.max(0, since + this.#graceMs - performance.now());
  }

  #endLongest(): void {
    this.#timer = undefined;
    const [longest] = this.#senders.keys();
    if (longest !== undefined && this.#leftMs() < 1) {
      this.#senders.delete(longest);
      longest.overload();
    }
    this.#next();
  }
}
