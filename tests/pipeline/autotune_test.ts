import { expect } from "expect";
import fc from "fast-check";
import { candidatePlans, planFor, worthwhilePlans } from "../../lib/pipeline/autotune.ts";

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

Deno.test("worthwhilePlans keeps what is best for few frames, and for many", () => {
  const few = { workers: 1, threads: 4, latencyMs: 20, framesPerSecond: 50 };
  const some = { workers: 2, threads: 2, latencyMs: 30, framesPerSecond: 60 };
  const many = { workers: 4, threads: 1, latencyMs: 50, framesPerSecond: 70 };
  expect(worthwhilePlans([many, few, some])).toEqual([few, some, many]);
  expect(worthwhilePlans([few, { ...many, framesPerSecond: 50 }])).toEqual([few]);
  expect(worthwhilePlans([few, { ...many, latencyMs: 20 }])).toEqual([{ ...many, latencyMs: 20 }]);
  expect(worthwhilePlans([few, { ...some, framesPerSecond: 40 }, many])).toEqual([few, many]);
});

Deno.test("worthwhilePlans leaves at least one, and none that another beats", () => {
  const plan = fc.record({
    workers: fc.integer({ min: 1, max: 8 }),
    threads: fc.constant(1),
    latencyMs: fc.integer({ min: 1, max: 9 }),
    framesPerSecond: fc.integer({ min: 1, max: 9 }),
  });
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1 }), (plans) => {
      const kept = worthwhilePlans(plans);
      expect(kept.length).toBeGreaterThan(0);
      for (const one of kept) {
        const better = plans.filter((other) =>
          other.latencyMs < one.latencyMs && other.framesPerSecond >= one.framesPerSecond ||
          other.latencyMs <= one.latencyMs && other.framesPerSecond > one.framesPerSecond
        );
        expect(better).toEqual([]);
      }
    }),
  );
});

Deno.test("planFor has a worker for every frame, while there are enough", () => {
  const plans = [{ workers: 1, threads: 8 }, { workers: 2, threads: 4 }, {
    workers: 8,
    threads: 1,
  }];
  const threads = [1, 2, 3, 8, 100].map((frames) => planFor(plans, frames).threads);
  expect(threads).toEqual([8, 4, 1, 1, 1]);
  expect(() => planFor([], 1)).toThrow(RangeError);
});
