/** Characters that are taken for one another when text is read, by what stands for all of them. */
const LOOKALIKES: Readonly<Record<string, string>> = {
  "o": "0",
  "i": "1",
  "l": "1",
  "|": "1",
  "!": "1",
  "z": "2",
  "s": "5",
  "b": "8",
};

/** One character of a text, as it is compared. */
interface Character {
  value: string;
  /** Whether it is a digit itself, and not only like one. */
  isDigit: boolean;
}

/** Characters without regard to case, width, spaces, and how those look that are easily mistaken. */
function comparedCharacters(text: string): Character[] {
  const characters = [...text.normalize("NFKC").toLowerCase().replace(/\s/gu, "")];
  return characters.map((character) => ({
    value: LOOKALIKES[character] ?? character,
    isDigit: /\p{Nd}/u.test(character),
  }));
}

/**
 * How far two readings are apart, as if they were of one text (Levenshtein 1966).
 *
 * Characters that look alike count as the same, and so does what differs in spaces or case only. Digits are never taken for
 * other digits, nor left out: a gate, a price or a time with another number is another text.
 *
 * @returns The share of characters that differ: from 0 for the same to 1, or infinite where numbers differ.
 */
export function textDistance(a: string, b: string): number {
  const [rows, columns] = [comparedCharacters(a), comparedCharacters(b)];
  const longest = Math.max(rows.length, columns.length);
  if (longest === 0) return 0;
  let costs = [0];
  for (const { isDigit } of columns) costs.push((costs.at(-1) ?? 0) + (isDigit ? Infinity : 1));
  for (const row of rows) {
    const above = costs;
    costs = [(above[0] ?? 0) + (row.isDigit ? Infinity : 1)];
    for (const [index, column] of columns.entries()) {
      const isOtherNumber = row.isDigit && column.isDigit;
      const change = row.value === column.value ? 0 : isOtherNumber ? Infinity : 1;
      costs.push(Math.min(
        (above[index] ?? 0) + change,
        (above[index + 1] ?? 0) + (row.isDigit ? Infinity : 1),
        (costs[index] ?? 0) + (column.isDigit ? Infinity : 1),
      ));
    }
  }
  return (costs.at(-1) ?? 0) / longest;
}
