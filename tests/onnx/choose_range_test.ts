import { expect } from "expect";
import fc from "fast-check";
import {
  chooseRange,
  holdingRange,
  quantizationOf,
  type Range,
  silu,
} from "../../lib/onnx/choose_range.ts";
import type { Bin } from "../../lib/onnx/value_histogram.ts";

const bins = fc.uniqueArray(
  fc.record({
    value: fc.double({ min: -100, max: 100, noNaN: true }),
    count: fc.integer({ min: 1, max: 1000 }),
  }),
  { minLength: 1, maxLength: 50, selector: ({ value }) => value },
).map((list) => list.toSorted((a, b) => a.value - b.value));

/** What is left of a value when it has been written with 8 bits. */
function roundTrip(value: number, range: Range): number {
  const { scale, zeroPoint } = quantizationOf(range);
  const integer = Math.min(255, Math.max(0, Math.round(value / scale) + zeroPoint));
  return scale * (integer - zeroPoint);
}

function errorOf(list: readonly Bin[], range: Range, follow = (value: number) => value): number {
  return list.reduce(
    (sum, { value, count }) => sum + count * (follow(roundTrip(value, range)) - follow(value)) ** 2,
    0,
  );
}

Deno.test("quantizationOf writes 0 exactly, and all else within half a step", () => {
  const end = fc.double({ min: 0, max: 1e4, noNaN: true });
  fc.assert(fc.property(end, end, fc.double({ min: 0, max: 1, noNaN: true }), (low, high, at) => {
    const range = { lowest: -low, highest: high };
    expect(roundTrip(0, range)).toBe(0);
    const value = -low + at * (low + high);
    const { scale } = quantizationOf(range);
    // The zero point is rounded too, so that either end may be half a step off.
    expect(Math.abs(roundTrip(value, range) - value)).toBeLessThanOrEqual(scale * 1.0001);
  }));
});

Deno.test("chooseRange is never worse than all values, and always has 0 in it", () => {
  fc.assert(fc.property(bins, fc.constantFrom(undefined, silu), (list, follow) => {
    const chosen = chooseRange(list, follow);
    expect(chosen.lowest).toBeLessThanOrEqual(0);
    expect(chosen.highest).toBeGreaterThanOrEqual(0);
    const all = {
      lowest: Math.min(0, ...list.map(({ value }) => value)),
      highest: Math.max(0, ...list.map(({ value }) => value)),
    };
    expect(errorOf(list, chosen, follow)).toBeLessThanOrEqual(errorOf(list, all, follow) + 1e-9);
  }));
});

Deno.test("chooseRange clips the one value that lies far out", () => {
  const crowd = Array.from({ length: 100 }, (_, index) => ({ value: index / 100, count: 10_000 }));
  const { highest } = chooseRange([...crowd, { value: 10, count: 1 }]);
  expect(highest).toBeLessThan(5);
});

Deno.test("chooseRange leaves out what SiLU makes nothing of", () => {
  const list = Array.from({ length: 101 }, (_, index) => ({ value: index - 50, count: 1000 }))
    .filter(({ value }) => value <= 10);
  expect(chooseRange(list).lowest).toBeLessThan(-40);
  expect(chooseRange(list, silu).lowest).toBeGreaterThan(-35);
});

Deno.test("holdingRange holds the share that was asked for, and 0", () => {
  fc.assert(fc.property(bins, fc.double({ min: 0.5, max: 1, noNaN: true }), (list, share) => {
    const { lowest, highest } = holdingRange(list, share);
    expect(lowest).toBeLessThanOrEqual(0);
    expect(highest).toBeGreaterThanOrEqual(0);
    const counted = (which: (value: number) => boolean) =>
      list.filter(({ value }) => which(value)).reduce((sum, { count }) => sum + count, 0);
    const all = counted(() => true);
    const limit = all * (1 - share) / 2 + 1e-9;
    expect(counted((value) => value < lowest)).toBeLessThanOrEqual(limit);
    expect(counted((value) => value > highest)).toBeLessThanOrEqual(limit);
  }));
});

Deno.test("holdingRange leaves out as many values at either end, and is no wider than it has to be", () => {
  const list = Array.from({ length: 201 }, (_, index) => ({ value: index - 100, count: 1 }));
  expect(holdingRange(list, 1)).toEqual({ lowest: -100, highest: 100 });
  expect(holdingRange(list, 0.9)).toEqual({ lowest: -90, highest: 90 });
  expect(holdingRange([{ value: 5, count: 10 }], 0.9)).toEqual({ lowest: 0, highest: 5 });
});
