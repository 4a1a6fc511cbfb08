import { expect } from "expect";
import fc from "fast-check";
import { RollingWindow } from "../../../lib/client/live/rolling_window.ts";

Deno.test("RollingWindow tells the rate of the last seconds", () => {
  const window = new RollingWindow({ lengthMs: 3000 });
  for (let time = 0; time < 6000; time += 100) window.add(1, time);
  expect(window.rate(6000)).toBeCloseTo(10, 0);
  expect(window.count(6000)).toBe(29);
});

Deno.test("RollingWindow tells no rate of less than a second", () => {
  const window = new RollingWindow({ lengthMs: 3000 });
  window.add(1, 5000);
  expect(window.rate(5001)).toBe(1);
});

Deno.test("RollingWindow forgets what is older than its length", () => {
  const window = new RollingWindow({ lengthMs: 1000 });
  window.add(7, 0);
  window.add(3, 600);
  expect(window.sum(1000)).toBe(3);
  expect(window.percentile(0.5, 1600)).toBeNull();
});

Deno.test("RollingWindow sums a second", () => {
  const window = new RollingWindow({ lengthMs: 2000 });
  for (let time = 0; time < 4000; time += 500) window.add(1000, time);
  expect(window.sumRate(3999)).toBe(2000);
});

Deno.test("RollingWindow tells percentiles by the nearest rank", () => {
  const window = new RollingWindow({ lengthMs: 1000 });
  for (const value of [50, 15, 40, 20, 35]) window.add(value, 0);
  expect(window.percentile(0.3, 0)).toBe(20);
  expect(window.percentile(0.5, 0)).toBe(35);
  expect(window.percentile(1, 0)).toBe(50);
  expect(window.percentile(0, 0)).toBe(15);
});

Deno.test("RollingWindow has at least its share of samples at or below a percentile", () => {
  fc.assert(fc.property(
    fc.array(fc.double({ noNaN: true, min: 0, max: 1e6 }), { minLength: 1, maxLength: 50 }),
    fc.double({ noNaN: true, min: 0, max: 1 }),
    (values, share) => {
      const window = new RollingWindow();
      for (const value of values) window.add(value, 0);
      const percentile = window.percentile(share, 0);
      expect(percentile).not.toBeNull();
      const below = values.filter((value) => value <= (percentile ?? -1)).length;
      expect(below / values.length).toBeGreaterThanOrEqual(share - 1e-9);
    },
  ));
});

Deno.test("RollingWindow starts anew when cleared", () => {
  const window = new RollingWindow({ lengthMs: 3000 });
  for (let time = 0; time < 3000; time += 10) window.add(1, time);
  window.clear();
  window.add(1, 3000);
  expect(window.rate(3000)).toBe(1);
});

Deno.test("RollingWindow refuses a length that is not positive", () => {
  for (const lengthMs of [0, -1, NaN]) {
    expect(() => new RollingWindow({ lengthMs })).toThrow(RangeError);
  }
});
