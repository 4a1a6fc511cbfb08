/**
 * Regular expressions for text that a camera reads, which is whatever somebody holds in front of it.
 *
 * @module
 */

import { RE2JS } from "re2js";
import { classCost, roughSize } from "./pattern_cost.ts";

/** Most instructions of a compiled pattern: each costs time for each character of each line. */
const MOST_INSTRUCTIONS = 1000;

/** A pattern that seems to come to so many instructions is not even compiled, which would take long. */
const FAR_TOO_MANY = 10 * MOST_INSTRUCTIONS;

/** Most patterns that are remembered. */
const MOST_REMEMBERED = 200;

/** Characters of a line that are looked at. */
const MOST_CHARACTERS = 200;

/**
 * A regular expression in the syntax of RE2, whose time grows with the length of the text only: it has no look-ahead and no
 * back-references, which other engines can run on for ever.
 */
export class TextPattern {
  /**
   * Instructions that it was compiled to, and those that could be compiled in the time that its classes take: matching takes time
   * for each of the former and each character of a line.
   */
  readonly size: number;
  readonly #compiled: RE2JS;

  /**
   * Compiles it.
   *
   * @throws {RangeError} If RE2 refuses it, or it is too large; the message is the end of a sentence
   */
  constructor(pattern: string) {
    this.#compiled = remembered.get(pattern) ?? compile(pattern);
    remembered.delete(pattern);
    remembered.set(pattern, this.#compiled);
    const [oldest] = remembered.keys();
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
    this.size = this.#compiled.programSize() + classCost(pattern);
  }

  /** Whether it matches anywhere in a line, of which the first 200 characters are looked at. */
  matches(line: string): boolean {
    return this.#compiled.matcher(line.slice(0, MOST_CHARACTERS)).find();
  }
}

/**
 * The patterns of late, oldest first. Compiling one takes up to 10 ms, and the same are checked when rules are read and again with
 * every change of the others, and are looked for by every stream that asks for them.
 */
const remembered = new Map<string, RE2JS>();

function compile(pattern: string): RE2JS {
  const cost = classCost(pattern);
  if (cost > MOST_INSTRUCTIONS) {
    throw new RangeError(
      `its classes of characters come to ${cost} instructions, and ${MOST_INSTRUCTIONS} are allowed: use fewer`,
    );
  }
  if (roughSize(pattern) > FAR_TOO_MANY) throw tooLarge(`more than ${MOST_INSTRUCTIONS}`);
  const compiled = parse(pattern);
  const size = compiled.programSize();
  if (size > MOST_INSTRUCTIONS) throw tooLarge(`${size}`);
  return compiled;
}

function tooLarge(size: string): RangeError {
  return new RangeError(
    `it comes to ${size} instructions, and ${MOST_INSTRUCTIONS} are allowed: repeat less`,
  );
}

function parse(pattern: string): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (cause) {
    const reason = String((cause as Error).message).replace(/^error parsing regexp: /, "");
    throw new RangeError(`RE2 refuses it (${reason})`, { cause });
  }
}
