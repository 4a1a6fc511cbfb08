import { expect } from "expect";
import fc from "fast-check";
import {
  candidatePlans,
  measurePlan,
  measurePrecision,
  planFor,
  worthwhilePlans,
} from "../../lib/pipeline/autotune.ts";
import type { DetectTask } from "../../lib/pipeline/worker_tasks.ts";

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

const ALONE = { workers: 1, threads: 4, latencyMs: 20, pacedMs: 40, framesPerSecond: 50 };
const SOME = { workers: 2, threads: 2, latencyMs: 30, pacedMs: 45, framesPerSecond: 60 };
const MANY = { workers: 4, threads: 1, latencyMs: 50, pacedMs: 50, framesPerSecond: 70 };

Deno.test("worthwhilePlans keeps what is best for few frames, after pauses, and for many", () => {
  expect(worthwhilePlans([MANY, ALONE, SOME])).toEqual([ALONE, SOME, MANY]);
  expect(worthwhilePlans([ALONE, { ...MANY, framesPerSecond: 50 }])).toEqual([ALONE]);
  const quick = { ...MANY, latencyMs: 20, pacedMs: 40 };
  expect(worthwhilePlans([ALONE, quick])).toEqual([quick]);
  const calm = { ...SOME, pacedMs: 30, framesPerSecond: 40 };
  expect(worthwhilePlans([ALONE, calm, MANY])).toEqual([ALONE, calm, MANY]);
  expect(worthwhilePlans([MANY, MANY])).toEqual([MANY]);
});

Deno.test("worthwhilePlans leaves at least one, and none that another beats", () => {
  const figure = fc.integer({ min: 1, max: 9 });
  const plan = fc.record({
    workers: fc.integer({ min: 1, max: 8 }),
    threads: fc.constant(1),
    latencyMs: figure,
    pacedMs: figure,
    framesPerSecond: figure,
  });
  fc.assert(
    fc.property(fc.array(plan, { minLength: 1 }), (plans) => {
      const kept = worthwhilePlans(plans);
      expect(kept.length).toBeGreaterThan(0);
      for (const one of kept) {
        const better = plans.filter((other) =>
          other.latencyMs <= one.latencyMs && other.pacedMs <= one.pacedMs &&
          other.framesPerSecond >= one.framesPerSecond &&
          (other.latencyMs < one.latencyMs || other.pacedMs < one.pacedMs ||
            other.framesPerSecond > one.framesPerSecond)
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

Deno.test("planFor gives a single frame the threads that are worth it, after a pause and without one", () => {
  const plans = [ALONE, MANY];
  expect(planFor(plans, 1)).toBe(ALONE);
  expect(planFor(plans, 1, true)).toBe(ALONE);
  // Threads that have to be woken gain too little.
  const sleepy = { ...ALONE, pacedMs: 48 };
  expect(planFor([sleepy, MANY], 1)).toBe(sleepy);
  expect(planFor([sleepy, MANY], 1, true)).toBe(MANY);
  expect(planFor([sleepy, MANY], 4, true)).toBe(MANY);
});

/** Runs tasks in a time that depends on them. */
function timedRunner(msFor: (task: DetectTask) => number) {
  const tasks: DetectTask[] = [];
  return {
    tasks,
    async run(task: DetectTask) {
      tasks.push(task);
      await new Promise((resolve) => setTimeout(resolve, msFor(task)));
    },
  };
}

const FRAME = { pipelineId: "a", nodes: ["detect"], given: {}, image: new Uint8Array(8) };

Deno.test("measurePrecision takes 8 bits only from a processor that is faster with them", async () => {
  const slow = timedRunner(({ precision }) => precision === "int8" ? 30 : 20);
  const exact = () => Promise.resolve(false);
  expect(await measurePrecision(slow, FRAME, exact)).toBe("fp32");
  const fast = timedRunner(({ precision }) => precision === "int8" ? 10 : 30);
  expect(await measurePrecision(fast, FRAME, exact)).toBe("int8");
  expect(new Set(fast.tasks.map(({ threads }) => threads))).toEqual(new Set([1]));
  const overflowing = () => Promise.resolve(true);
  expect(await measurePrecision(fast, FRAME, overflowing)).toBe("fp32");
});

Deno.test("measurePlan keeps every worker busy, and gives each frame memory of its own", async () => {
  const runner = timedRunner(() => 10);
  const measured = await measurePlan({ workers: 2, threads: 3 }, runner, FRAME);
  expect(measured).toMatchObject({ workers: 2, threads: 3 });
  expect(measured.latencyMs).toBeGreaterThanOrEqual(9);
  expect(measured.pacedMs).toBeGreaterThanOrEqual(9);
  expect(measured.framesPerSecond).toBeLessThanOrEqual(2 * 1000 / 9);
  expect(new Set(runner.tasks.map(({ image }) => image)).size).toBe(runner.tasks.length);
});
