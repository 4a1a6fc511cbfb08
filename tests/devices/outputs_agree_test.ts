import { expect } from "expect";
import fc from "fast-check";
import { outputsAgree } from "../../lib/devices/outputs_agree.ts";

/** As networks give them; numbers so small that float32 does not hold all their digits round more. */
const values = fc.array(fc.integer({ min: -20_000, max: 20_000 }), { minLength: 1 })
  .map((numbers) => Float32Array.from(numbers, (number) => number / 1000));

Deno.test("outputsAgree allows for rounding, and for nothing more", () => {
  fc.assert(fc.property(values, fc.double({ min: -1, max: 1, noNaN: true }), (expected, noise) => {
    expect(outputsAgree(expected, expected)).toBe(true);
    const rounded = expected.map((value, index) =>
      value * (1 + (index % 2 ? 0.01 : -0.01) * noise)
    );
    expect(outputsAgree(expected, rounded)).toBe(true);
    const isAllZero = expected.every((value) => value === 0);
    expect(outputsAgree(expected, expected.map((value) => value * 1.1))).toBe(isAllZero);
    expect(outputsAgree(expected, expected.map((value) => -value))).toBe(isAllZero);
  }));
});

Deno.test("outputsAgree refuses what is no number, is missing, or has another length", () => {
  const expected = new Float32Array([1, -2, 3, 4]);
  expect(outputsAgree(expected, new Float32Array([1, NaN, 3, 4]))).toBe(false);
  expect(outputsAgree(expected, new Float32Array([1, Infinity, 3, 4]))).toBe(false);
  expect(outputsAgree(expected, new Float32Array(4))).toBe(false);
  expect(outputsAgree(expected, new Float32Array([1, -2, 3]))).toBe(false);
  expect(outputsAgree(expected, new Float32Array())).toBe(false);
});

Deno.test("outputsAgree compares what both have computed, if that is half of the values", () => {
  const expected = new Float32Array([1, -2, 3, 4, 0]);
  expect(outputsAgree(expected, new Float32Array([1, -2, 0, 0, 7]))).toBe(true);
  expect(outputsAgree(expected, new Float32Array([1, 0, 0, 0, 7]))).toBe(false);
});
