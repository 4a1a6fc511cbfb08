const CHARACTERS = new Intl.Segmenter("en", { granularity: "grapheme" });

/**
 * Cuts a text that comes from outside, which can be of any length, between two characters.
 *
 * @param length Unicode code points that may stay; a character can have several, such as a flag.
 */
export function cutText(text: string, length: number): string {
  // As many code units as hold more than that many code points: no more is looked at.
  const head = text.slice(0, 2 * (length + 1));
  const points = Array.from(head);
  if (points.length <= length) return head;
  let end = 0;
  let count = 0;
  for (const { segment } of CHARACTERS.segment(head)) {
    count += Array.from(segment).length;
    if (count > length) break;
    end += segment.length;
  }
  // Nothing but one endless character.
  return end > 0 ? head.slice(0, end) : points.slice(0, length).join("");
}
