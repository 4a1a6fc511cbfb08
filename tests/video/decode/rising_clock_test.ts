import { expect } from "expect";
import fc from "fast-check";
import { RisingClock } from "../../../lib/video/decode/rising_clock.ts";

function run(times: (number | undefined)[], step = 40): number[] {
  const clock = new RisingClock(step);
  return times.map((time) => clock.next(time));
}

const time = fc.integer({ min: -1_000_000, max: 1_000_000 });
const rising = fc.uniqueArray(time, { minLength: 1, maxLength: 50 })
  .map((times) => times.toSorted((a, b) => a - b));

Deno.test("RisingClock leaves times alone that rise", () => {
  fc.assert(fc.property(rising, (times) => expect(run(times)).toEqual(times)));
});

Deno.test("RisingClock gives times that rise, whatever a file says", () => {
  const any = fc.array(
    fc.option(fc.oneof(time, fc.integer({ min: 0, max: 9 })), { nil: undefined }),
  );
  fc.assert(fc.property(any, (times) => {
    const given = run(times);
    expect(given.every((each, index) => index === 0 || each > given[index - 1]!)).toBe(true);
  }));
});

Deno.test("RisingClock carries on where a file begins anew, with the file's own steps", () => {
  fc.assert(fc.property(rising, rising, (first, second) => {
    fc.pre(second.length > 1 && second[1]! <= first.at(-1)!);
    const given = run([...first, ...second]);
    const start = first.at(-1)! + 40;
    expect(given.slice(first.length)).toEqual(second.map((each) => each - second[0]! + start));
  }));
});

Deno.test("RisingClock lets one wrong time pass, and makes up missing ones", () => {
  expect(run([0, 40, 0, 120, 160])).toEqual([0, 40, 80, 120, 160]);
  expect(run([undefined, 0, undefined, 1])).toEqual([0, 40, 80, 120]);
  expect(run([undefined, undefined, 100, undefined, 200])).toEqual([0, 40, 100, 140, 200]);
});
