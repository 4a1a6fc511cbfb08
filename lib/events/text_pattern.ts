/**
 * Regular expressions for text that a camera reads, which is whatever somebody holds in front of it.
 *
 * @module
 */

import { RE2JS } from "re2js";

/** Most instructions of a compiled pattern: each costs time for each character of each line. */
const MOST_INSTRUCTIONS = 1000;

/** Characters of a line that are looked at. */
const MOST_CHARACTERS = 200;

/**
 * A regular expression in the syntax of RE2, whose time grows with the length of the text only: it has no look-ahead and no
 * back-references, which other engines can run on for ever.
 */
export class TextPattern {
  /** Instructions that it was compiled to: matching takes time for each of them and each character of a line. */
  readonly size: number;
  readonly #compiled: RE2JS;

  /**
   * Compiles it.
   *
   * @throws {RangeError} If RE2 refuses it, or it is too large; the message is the end of a sentence
   */
  constructor(pattern: string) {
    try {
      this.#compiled = RE2JS.compile(pattern);
    } catch (cause) {
      const reason = String((cause as Error).message).replace(/^error parsing regexp: /, "");
      throw new RangeError(`RE2 refuses it (${reason})`, { cause });
    }
    this.size = this.#compiled.programSize();
    if (this.size <= MOST_INSTRUCTIONS) return;
    throw new RangeError(
      `it comes to ${this.size} instructions, and ${MOST_INSTRUCTIONS} are allowed: repeat less`,
    );
  }

  /** Whether it matches anywhere in a line, of which the first 200 characters are looked at. */
  matches(line: string): boolean {
    return this.#compiled.matcher(line.slice(0, MOST_CHARACTERS)).find();
  }
}
