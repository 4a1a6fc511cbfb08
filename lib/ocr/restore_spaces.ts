/** Letters that fill their em, in a script that writes no spaces between words. */
const WIDE_LETTER = /^\p{Script=Han}$/u;

/** Letters whose ink may be much narrower than their em, so that a gap beside them says nothing. */
const LOOSE_LETTER = /^[\p{Script=Hiragana}\p{Script=Katakana}ー]$/u;

/** What a space may stand beside; the blank half of Chinese punctuation is none. */
const LETTER_OR_DIGIT = /^[\p{L}\p{N}]$/u;

/**
 * Gap between wide letters that is a space, as a share of their em.
 *
 * A space is a quarter of an em and more, beside the letters' own blank edges. Of 177 rendered Chinese lines none
 * loses a space at 0.25 and 0.27, and five do at 0.29; six have one too many at 0.25, and one has at 0.27.
 */
const SPACE_SHARE = 0.27;

/** Height of the ink of wide letters, as a share of their em. */
const INK_SHARE = 0.85;

/** A column of less than this share of a line's greatest contrast shows no ink. */
export const BLANK_SHARE = 0.25;

/**
 * Puts spaces back that stand beside Chinese characters, which the recognizer may leave out.
 *
 * @param characters The characters of a text in order.
 * @param columns Where each character was read, in columns of the line's image.
 * @param measureInk Measures the image: the contrast within each column, and the height of the ink; called
 * only where it matters.
 * @returns The text.
 */
export function restoreSpaces(
  characters: readonly string[],
  columns: readonly number[],
  measureInk: () => { contrasts: Float64Array; height: number },
): string {
  const distance = measureDistance(characters, columns);
  if (distance === undefined) return characters.join("");
  const { contrasts, height } = measureInk();
  // Where few letters are, the time steps tell their distance too coarsely.
  const em = Math.max(distance, height / INK_SHARE);
  const blank = contrasts.reduce((most, contrast) => Math.max(most, contrast), 0) * BLANK_SHARE;
  return characters.map((character, index) => {
    const next = characters[index + 1] ?? "";
    const pair = [character, next];
    const besideWide = pair.some((each) => WIDE_LETTER.test(each));
    if (!besideWide || !pair.every(isPlain)) return character;
    const gap = widestGap(contrasts, columns[index] ?? 0, columns[index + 1] ?? 0, blank);
    return gap >= em * SPACE_SHARE ? `${character} ` : character;
  }).join("");
}

/** Whether a blank beside a character is none of its own. */
function isPlain(character: string): boolean {
  return LETTER_OR_DIGIT.test(character) && !LOOSE_LETTER.test(character);
}

/** The median distance between two wide letters in a row; `undefined` where there are none. */
function measureDistance(
  characters: readonly string[],
  columns: readonly number[],
): number | undefined {
  const distances = characters.flatMap((character, index) => {
    const isPair = WIDE_LETTER.test(character) && WIDE_LETTER.test(characters[index + 1] ?? "");
    return isPair ? [(columns[index + 1] ?? 0) - (columns[index] ?? 0)] : [];
  });
  return distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)];
}

function widestGap(contrasts: Float64Array, from: number, to: number, blank: number): number {
  let widest = 0;
  let gap = 0;
  for (const contrast of contrasts.subarray(Math.max(0, Math.floor(from)), Math.ceil(to))) {
    gap = contrast <= blank ? gap + 1 : 0;
    widest = Math.max(widest, gap);
  }
  return widest;
}
