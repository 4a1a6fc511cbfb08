/**
 * How many of something there may be, in all and for one address.
 *
 * @module
 */

/** Counts what each address holds. */
export class Quota {
  readonly #total: number;
  readonly #perAddress: number;
  readonly #held = new Map<string, number>();
  #size = 0;

  /** Begins with nothing held. */
  constructor({ total, perAddress }: { total: number; perAddress: number }) {
    this.#total = total;
    this.#perAddress = perAddress;
  }

  /** How many are held now. */
  get size(): number {
    return this.#size;
  }

  /** Whether there is room for one more, or else which of the limits has been reached. */
  look(address: string): "free" | "total" | "address" {
    if ((this.#held.get(address) ?? 0) >= this.#perAddress) return "address";
    return this.#size >= this.#total ? "total" : "free";
  }

  /**
   * Takes one.
   *
   * @returns Gives it back, once; `undefined` if there is no room
   */
  take(address: string): (() => void) | undefined {
    if (this.look(address) !== "free") return undefined;
    this.#add(address, 1);
    let isHeld = true;
    return () => {
      if (isHeld) this.#add(address, -1);
      isHeld = false;
    };
  }

  #add(address: string, change: 1 | -1): void {
    const held = (this.#held.get(address) ?? 0) + change;
    if (held === 0) this.#held.delete(address);
    else this.#held.set(address, held);
    this.#size += change;
  }
}
