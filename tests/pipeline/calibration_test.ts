import { expect } from "expect";
import fc from "fast-check";
import { candidatePlans, choosePlan } from "../../lib/pipeline/calibration.ts";

const describe = (cores: number, fixed = {}) =>
  candidatePlans(cores, fixed).map(({ workers, threads }) => `${workers}x${threads}`);

Deno.test("candidatePlans goes from one worker with all cores to a worker a core", () => {
  expect(describe(1)).toEqual(["1x1"]);
  expect(describe(2)).toEqual(["1x2", "2x1"]);
  expect(describe(4)).toEqual(["1x4", "2x2", "4x1"]);
  expect(describe(6)).toEqual(["1x6", "2x3", "6x1"]);
});

Deno.test("candidatePlans keeps what is fixed and fits the rest to it", () => {
  expect(describe(8, { workers: 2 })).toEqual(["2x4"]);
  expect(describe(8, { threads: 2 })).toEqual(["4x2"]);
  expect(describe(2, { workers: 3 })).toEqual(["3x1"]);
  expect(describe(2, { workers: 3, threads: 4 })).toEqual(["3x4"]);
});

Deno.test("candidatePlans never plans more threads than there are cores", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 256 }), (cores) => {
      for (const { workers, threads } of candidatePlans(cores)) {
        expect(workers * threads).toBeLessThanOrEqual(cores);
        expect(Math.min(workers, threads)).toBeGreaterThanOrEqual(1);
      }
    }),
  );
});

Deno.test("choosePlan weighs frames a second against latency", () => {
  const few = { workers: 1, threads: 2, latencyMs: 25, framesPerSecond: 40 };
  const many = { workers: 2, threads: 1, latencyMs: 45, framesPerSecond: 50 };
  expect(choosePlan([few, many])).toBe(few);
  expect(choosePlan([few, { ...many, framesPerSecond: 80 }]).workers).toBe(2);
  expect(() => choosePlan([])).toThrow(RangeError);
});
