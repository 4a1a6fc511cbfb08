import { expect } from "expect";
import { ExponentialAverage } from "../../lib/streaming/exponential_average.ts";

Deno.test("ExponentialAverage has no value before the first sample", () => {
  expect(new ExponentialAverage().value).toBeUndefined();
});

Deno.test("ExponentialAverage moves by the weight of the difference", () => {
  const average = new ExponentialAverage({ weight: 0.25 });
  average.add(100);
  average.add(20);
  expect(average.value).toBe(80);
});

Deno.test("ExponentialAverage refuses a weight outside (0, 1]", () => {
  for (const weight of [0, -0.1, 1.1, NaN]) {
    expect(() => new ExponentialAverage({ weight })).toThrow(RangeError);
  }
});
