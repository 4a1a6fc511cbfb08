/**
 * What it takes to compile a regular expression, found out without doing so.
 *
 * @module
 */

/** What a pattern is written with: `\Q…\E`, escapes, classes, flags, beginnings of groups, counts and single characters. */
const TOKENS =
  /\\Q.*?(?:\\E|$)|\\[xp]\{[^}]*\}|\\.|\[\^?\]?(?:\[:[^\]]*:\]|\\.|[^\]\\])*\]|\(\?[a-z-]*\)|\((?:\?(?:[a-z-]*:|P?<\w*>))?|\{(\d+)(?:,(\d*))?\}|./gisu;

/** Instructions that begin and end a group. */
const GROUP = 2;

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

/**
 * About how many instructions a pattern comes to, where they are many: short ones may come to a fifth of what is told, and none to
 * more than three times as many.
 */
export function roughSize(pattern: string): number {
  const sizes = [0];
  let last = 0;
  for (const [token, least, most] of pattern.matchAll(TOKENS)) {
    // Flags are nothing that a count could stand for: it would stand for what is before them.
    if (token.startsWith("(?") && token.endsWith(")")) continue;
    if (token.startsWith("(")) {
      sizes.push(0);
      continue;
    }
    let added = token.startsWith("\\Q") ? token.length : 1;
    if (token === ")") added = GROUP + (sizes.pop() ?? 0);
    // What comes before a count is there already once.
    if (least !== undefined) added = last * (Math.max(Number(least), Number(most ?? 0)) - 1);
    const isRepetition = least !== undefined || /^[*+?]$/.test(token);
    if (isRepetition) last += added;
    else last = token === ")" ? added : 1;
    sizes.push((sizes.pop() ?? 0) + added);
  }
  return sizes.reduce((sum, size) => sum + size);
}
