import { expect } from "expect";
import fc from "fast-check";
import { formatTimeLeft, TimeLeft } from "../../../lib/client/videos/time_left.ts";

Deno.test("TimeLeft says nothing before it has watched for a while", () => {
  const left = new TimeLeft();
  expect(left.update(10, 1000, 0)).toBeNull();
  expect(left.update(30, 1000, 1000)).toBeNull();
  expect(left.update(30, 1000, 10_000)).not.toBeNull();
});

Deno.test("TimeLeft is what is left at a steady pace", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 200 }),
    fc.integer({ min: 0, max: 500 }),
    fc.integer({ min: 4, max: 100 }),
    (perSecond, before, seconds) => {
      const left = new TimeLeft();
      const total = before + perSecond * (seconds + 40);
      let said: number | null = null;
      for (let second = 0; second <= seconds; second++) {
        said = left.update(before + perSecond * second, total, second * 1000);
      }
      expect(said).toBeCloseTo(40, 6);
    },
  ));
});

Deno.test("TimeLeft follows a pace that has changed, and begins anew with the work", () => {
  const left = new TimeLeft();
  for (let second = 0; second <= 60; second++) left.update(second * 100, 100_000, second * 1000);
  let said: number | null = null;
  for (let second = 61; second <= 100; second++) {
    said = left.update(6000 + (second - 60) * 10, 100_000, second * 1000);
  }
  expect(said).toBeCloseTo((100_000 - 6400) / 10, -1);
  expect(left.update(0, 100_000, 101_000)).toBeNull();
});

Deno.test("formatTimeLeft rounds as people do", () => {
  const texts = [0, 59, 80, 3570, 3600, 5400].map((each) =>
    formatTimeLeft(each).replaceAll("\u00a0", " ")
  );
  expect(texts).toEqual([
    "less than a minute left",
    "less than a minute left",
    "about 1 min left",
    "about 1 h left",
    "about 1 h left",
    "about 1 h 30 min left",
  ]);
});
