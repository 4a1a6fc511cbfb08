/** Letters of scripts whose punctuation is as wide as they are. */
const WIDE_LETTER =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Hangul}]/u;

/** The wide forms of printable ASCII, which follow each other as their originals do. */
const FULL_WIDTH = /[\uff01-\uff5e]/g;

/** Distance of a wide form from its original. */
const FULL_WIDTH_OFFSET = 0xff01 - 0x21;

/** Other characters of Chinese and Japanese fonts, with what Latin text has in their place. */
const SUBSTITUTES: Readonly<Record<string, string>> = {
  "￥": "¥",
  "￡": "£",
  "￠": "¢",
  "℃": "°C",
  "℉": "°F",
};

/**
 * Writes a reading as its script does.
 *
 * A recognizer that was trained on Chinese gives punctuation, and at times letters and digits, the form that they have
 * between Chinese characters. That form is kept in a text with such characters, and is taken back in any other.
 */
export function normalizeText(text: string): string {
  const spaced = text.replaceAll("\u3000", " ");
  if (WIDE_LETTER.test(spaced)) return spaced;
  return spaced
    .replace(FULL_WIDTH, (wide) => String.fromCharCode(wide.charCodeAt(0) - FULL_WIDTH_OFFSET))
    // The degree sign of "℃" may also be read by itself before it.
    .replace(/[￥￡￠]|°?[℃℉]/g, (signs) => SUBSTITUTES[signs.slice(-1)] ?? signs);
}
