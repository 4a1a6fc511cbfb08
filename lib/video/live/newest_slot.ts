/**
 * Hands over the newest of what comes faster than it is taken.
 *
 * @module
 */

/** A place for one item; a newer one replaces that which waits there. */
export class NewestSlot<T extends Disposable> {
  readonly #deliver: (item: T) => Promise<void>;
  #waiting: T | undefined;
  #asked = false;
  #busy = false;
  #replaced = 0;

  /**
   * Begins empty.
   *
   * @param deliver Called with one item for each time that is asked, one after another
   */
  constructor(deliver: (item: T) => Promise<void>) {
    this.#deliver = deliver;
  }

  /** How many items were replaced since this was last called. */
  takeReplaced(): number {
    const replaced = this.#replaced;
    this.#replaced = 0;
    return replaced;
  }

  /** Whether somebody has asked and nothing has been delivered since. */
  get isAsked(): boolean {
    return this.#asked;
  }

  /** Puts an item in place of the one that waits, if any. */
  put(item: T): void {
    if (this.#waiting !== undefined) {
      this.#waiting[Symbol.dispose]();
      this.#replaced++;
    }
    this.#waiting = item;
    this.#next();
  }

  /** Asks for one item: that which waits, or else the next one. */
  ask(): void {
    this.#asked = true;
    this.#next();
  }

  #next(): void {
    const item = this.#waiting;
    if (!this.#asked || this.#busy || item === undefined) return;
    this.#waiting = undefined;
    this.#asked = false;
    this.#busy = true;
    this.#deliver(item).finally(() => {
      item[Symbol.dispose]();
      this.#busy = false;
      this.#next();
    });
  }
}
