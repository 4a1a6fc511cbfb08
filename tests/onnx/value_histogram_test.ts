import { expect } from "expect";
import fc from "fast-check";
import { ValueHistogram } from "../../lib/onnx/value_histogram.ts";

const values = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true }), { maxLength: 200 });

Deno.test("ValueHistogram counts every finite value in a bin that is at most 0.8 % away", () => {
  fc.assert(fc.property(values, values, (first, second) => {
    const histogram = new ValueHistogram();
    histogram.add(Float32Array.from(first));
    histogram.add(Float32Array.from(second));
    const bins = histogram.bins();
    const all = [...first, ...second];
    expect(bins.reduce((sum, { count }) => sum + count, 0)).toBe(all.length);
    for (const value of all) {
      const nearest = Math.min(...bins.map((bin) => Math.abs(bin.value - value)));
      // Below the smallest normal number of float32, bins are as wide as that of the smallest.
      expect(nearest).toBeLessThanOrEqual(Math.max(0.008 * Math.abs(value), 2 ** -133));
    }
  }));
});

Deno.test("ValueHistogram gives the smallest value first, and each bin once", () => {
  fc.assert(fc.property(values, (list) => {
    const histogram = new ValueHistogram();
    histogram.add(Float32Array.from(list));
    const found = histogram.bins().map(({ value }) => value);
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
  }));
});

Deno.test("ValueHistogram leaves out what is not finite, and takes parts of a longer array", () => {
  const histogram = new ValueHistogram();
  histogram.add(new Float32Array([NaN, Infinity, -Infinity, 3]));
  histogram.add(new Float32Array([1, 2, 3, 4]).subarray(2, 3));
  expect(histogram.bins()).toEqual([{ value: expect.closeTo(3, 1), count: 2 }]);
});
