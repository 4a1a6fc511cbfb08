/** Frames whose numbers are known: the one in flight, the one that waits, and some more. */
const KNOWN_FRAMES = 8;

/** Numbers that the newest frames of a camera have in its source, by those that they have in its stream. */
export class SourceNumbers {
  readonly #numbers = new Map<number, number>();

  /** Notes the number of a frame. */
  set(inStream: number, inSource: number): void {
    this.#numbers.set(inStream, inSource);
    const [oldest] = this.#numbers.keys();
    if (this.#numbers.size > KNOWN_FRAMES && oldest !== undefined) this.#numbers.delete(oldest);
  }

  /** The number of a frame in the source; `undefined` once it is forgotten. */
  get(inStream: number): number | undefined {
    return this.#numbers.get(inStream);
  }

  /** Forgets all, for another source. */
  clear(): void {
    this.#numbers.clear();
  }
}
