/**
 * What it takes to compile the classes of characters of a regular expression, which may be far more than it takes to compile
 * the rest of it.
 *
 * @module
 */

/** The highest character that has another case. */
const HIGHEST_FOLDED = 0x1e943;

/** Characters of a range of which each is looked up, in the time in which an instruction is compiled. */
const FOLDED_AT_ONCE = 200;

/** Instructions that are compiled in the time in which a class of Unicode such as `\pL` is put together. */
const UNICODE_CLASS = 25;

/** What may be the upper end of a range, written as a character or as a number. */
const UPPER_ENDS = /-(?=\\x\{([0-9a-f]+)\}|\\?(.))/giu;

/** A group of flags that ignores case. */
const IGNORES_CASE = /\(\?[a-z]*i/i;

/**
 * How many instructions could be compiled in the time that the classes of a pattern take; 0 for most.
 *
 * It tells rather too much than too little: a hyphen outside of a class counts as one within, and a range as if it began with
 * the first character of all.
 */
export function classCost(pattern: string): number {
  const classes = pattern.match(/\\p/gi)?.length ?? 0;
  return UNICODE_CLASS * classes + (IGNORES_CASE.test(pattern) ? foldingCost(pattern) : 0);
}

/** Where case is ignored, each character of a range is looked up. */
function foldingCost(pattern: string): number {
  const characters = Array.from(pattern.matchAll(UPPER_ENDS), ([, number, character = ""]) => {
    const upper = number === undefined
      ? character.codePointAt(0) ?? 0
      : Number.parseInt(number, 16);
    return Math.min(upper, HIGHEST_FOLDED);
  });
  return Math.floor(characters.reduce((sum, count) => sum + count, 0) / FOLDED_AT_ONCE);
}
