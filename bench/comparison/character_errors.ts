/**
 * Characters that have to be inserted, deleted or replaced until the lines that were read are those that are there.
 *
 * Each line counts as the one it is most like, in whatever order they were read; a line that is missing, or too many, costs
 * all its characters. Straight and curly quotation marks are the same.
 */
export function characterErrors(expected: readonly string[], read: readonly string[]): number {
  const lines = expected.map(toCharacters);
  // The least errors by which expected lines have been matched, as bits.
  let costs = new Map([[0, 0]]);
  for (const text of read) {
    const characters = toCharacters(text);
    const next = new Map<number, number>();
    const offer = (matched: number, cost: number) =>
      next.set(matched, Math.min(cost, next.get(matched) ?? Infinity));
    for (const [matched, cost] of costs) {
      offer(matched, cost + characters.length);
      lines.forEach((line, index) => {
        if ((matched & 1 << index) !== 0) return;
        offer(matched | 1 << index, cost + editDistance(line, characters));
      });
    }
    costs = next;
  }
  const missing = (matched: number) =>
    lines.reduce((sum, { length }, index) => (matched & 1 << index) === 0 ? sum + length : sum, 0);
  return Math.min(...[...costs].map(([matched, cost]) => cost + missing(matched)));
}

function toCharacters(text: string): string[] {
  return [...text.replaceAll(/[“”]/g, '"').replaceAll(/[‘’]/g, "'")];
}

/** Levenshtein's distance. */
function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [index, character] of a.entries()) {
    const next = [index + 1];
    for (let column = 1; column <= b.length; column++) {
      const replaced = (row[column - 1] ?? 0) + (character === b[column - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
