import { expect } from "expect";
import fc from "fast-check";
import { assignPairs, type Pair } from "../../lib/detection/assignment.ts";

/** The most that any choice of pairs adds up to, by trying them all. */
function bestTotal(weights: readonly number[][], row = 0, taken: readonly number[] = []): number {
  const options = weights[row];
  if (options === undefined) return 0;
  const totals = options.flatMap((weight, column) =>
    weight <= 0 || taken.includes(column)
      ? []
      : [weight + bestTotal(weights, row + 1, [...taken, column])]
  );
  return Math.max(bestTotal(weights, row + 1, taken), ...totals);
}

function totalOf(weights: readonly number[][], pairs: readonly Pair[]): number {
  return pairs.reduce((sum, [row, column]) => sum + (weights[row]?.[column] ?? NaN), 0);
}

/** Tables of up to 6 rows and columns, many of whose weights are 0 or less, or equal. */
const tables = fc.integer({ min: 0, max: 6 }).chain((columns) =>
  fc.array(
    fc.array(fc.integer({ min: -3, max: 5 }).map((weight) => weight / 4), {
      minLength: columns,
      maxLength: columns,
    }),
    { maxLength: 6 },
  )
);

Deno.test("assignPairs lets a pair go where two others are worth more", () => {
  expect(assignPairs([[0.9, 0.8], [0.8, 0]])).toEqual([[0, 1], [1, 0]]);
});

Deno.test("assignPairs pairs nothing whose weight is not above 0", () => {
  expect(assignPairs([[0, -1], [-1, 0.1]])).toEqual([[1, 1]]);
  expect(assignPairs([])).toEqual([]);
  expect(assignPairs([[], []])).toEqual([]);
});

Deno.test("assignPairs finds the best of all choices of pairs, each row and column in one at most", () => {
  fc.assert(
    fc.property(tables, (weights) => {
      const pairs = assignPairs(weights);
      expect(new Set(pairs.map(([row]) => row)).size).toBe(pairs.length);
      expect(new Set(pairs.map(([, column]) => column)).size).toBe(pairs.length);
      for (const [row, column] of pairs) expect(weights[row]?.[column]).toBeGreaterThan(0);
      expect(totalOf(weights, pairs)).toBeCloseTo(bestTotal(weights), 9);
    }),
    { numRuns: 500 },
  );
});

Deno.test("assignPairs is as good with rows and columns exchanged, where every weight is positive", () => {
  const table = fc.array(
    fc.array(fc.double({ min: 1e-3, max: 1, noNaN: true }), {
      minLength: 9,
      maxLength: 9,
    }),
    { minLength: 1, maxLength: 20 },
  );
  fc.assert(fc.property(table, (weights) => {
    const exchanged = Array.from(
      { length: 9 },
      (_, column) => weights.map((row) => row[column] ?? 0),
    );
    const total = totalOf(weights, assignPairs(weights));
    expect(totalOf(exchanged, assignPairs(exchanged))).toBeCloseTo(total, 9);
    expect(assignPairs(weights)).toHaveLength(Math.min(9, weights.length));
  }));
});
