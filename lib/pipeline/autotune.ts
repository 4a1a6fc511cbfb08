/**
 * Finds out, on a real image, what serves this machine best: how many workers with how many threads each, and which numbers to
 * compute with.
 *
 * @module
 */

import { integersOverflow } from "../onnx/integer_overflow.ts";
import type { Precision } from "../models/specialized_model.ts";
import type { DetectTask } from "./worker_tasks.ts";

/** How inference is spread over the cores. */
export interface WorkerPlan {
  /** Number of workers, from 1. */
  workers: number;
  /** Threads in each worker. */
  threads: number;
}

/** What a plan gave when it was tried. */
export interface PlanMeasurement extends WorkerPlan {
  /** Milliseconds of a frame that follows another at once; the quickest. */
  latencyMs: number;
  /** Milliseconds of a frame that follows a pause, as those of a camera do; the quickest. */
  pacedMs: number;
  /** Frames a second when every worker always has one. */
  framesPerSecond: number;
}

/** Frames of which the quickest counts: other programs can only make them slower. */
const SAMPLES = 3;
/** Long enough for cores to fall asleep, in milliseconds. */
const PAUSE_MS = 30;
const FRAMES_PER_WORKER = 4;

/** What a plan of several threads for a frame has to be faster by, since it costs more altogether. */
const WORTH_MORE_THREADS = 1.1;

/** What 8 bits have to be faster by, since they lose a little accuracy. */
const WORTH_8_BITS = 1.1;

/**
 * The plans that are worth trying: few workers with many threads answer one stream soonest, many workers with few threads
 * serve many streams best.
 *
 * @param cores Number of cores, from 1
 * @param fixed Values that are fixed rather than chosen
 */
export function candidatePlans(cores: number, fixed: Partial<WorkerPlan> = {}): WorkerPlan[] {
  const share = (count: number) => Math.max(1, Math.floor(cores / count));
  if (fixed.workers !== undefined) {
    return [{ workers: fixed.workers, threads: fixed.threads ?? share(fixed.workers) }];
  }
  if (fixed.threads !== undefined) {
    return [{ workers: share(fixed.threads), threads: fixed.threads }];
  }
  const threads = [...new Set([cores, Math.ceil(cores / 2), 1])];
  return threads.map((count) => ({ workers: share(count), threads: count }));
}

/**
 * The plans that no other beats in every respect.
 *
 * @returns The fewest workers first
 */
export function worthwhilePlans(measurements: readonly PlanMeasurement[]): PlanMeasurement[] {
  return measurements.filter((one, index) =>
    !measurements.some((other, at) => beats(other, one) && (at < index || !beats(one, other)))
  ).toSorted((a, b) => a.workers - b.workers);
}

function beats(one: PlanMeasurement, other: PlanMeasurement): boolean {
  return one.latencyMs <= other.latencyMs && one.pacedMs <= other.pacedMs &&
    one.framesPerSecond >= other.framesPerSecond;
}

/**
 * The plan for so many frames at once.
 *
 * For several it is the one with the fewest workers, and so the most threads each, that has one for each frame. A single frame
 * runs as it was measured to be soonest: after a pause cores have to be woken, so that several threads may gain nothing.
 *
 * @param plans The fewest workers first
 * @param frames Frames that are with a worker or could be, from 1
 * @param afterPause Whether there was none for a while
 */
export function planFor<Plan extends WorkerPlan>(
  plans: readonly Plan[],
  frames: number,
  afterPause = false,
): Plan {
  const [first, ...others] = plans;
  if (first === undefined) throw new RangeError("Cannot choose from no plans");
  if (frames > 1) return plans.find(({ workers }) => workers >= frames) ?? others.at(-1) ?? first;
  const cost = (plan: WorkerPlan & Partial<PlanMeasurement>) =>
    ((afterPause ? plan.pacedMs : plan.latencyMs) ?? 0) *
    (plan.threads > 1 ? WORTH_MORE_THREADS : 1);
  return others.reduce((best, plan) => cost(plan) < cost(best) ? plan : best, first);
}

/** Runs a task on a pool of workers. */
export interface TaskRunner {
  /** Gives what a worker answers. */
  run(task: DetectTask, turn: { sessionId: string }): Promise<unknown>;
}

/** A task on an encoded image, which is copied for each run. */
export type TrialFrame = DetectTask & { image: Uint8Array };

/**
 * Tries a plan.
 *
 * @param pool Idle, with the plan's workers or more
 */
export async function measurePlan(
  plan: WorkerPlan,
  pool: TaskRunner,
  frame: TrialFrame,
): Promise<PlanMeasurement> {
  const { workers, threads } = plan;
  const run = (sessionId: string) =>
    pool.run({ ...frame, threads, image: frame.image.slice() }, { sessionId });
  const runOnAll = (frames: number) =>
    Promise.all(Array.from({ length: workers }, async (_, worker) => {
      for (let count = 0; count < frames; count += 1) await run(`worker ${worker}`);
    }));
  // The first frame of each worker loads the model.
  await runOnAll(1);
  const pacedMs = await leastTime(() => run("single"), PAUSE_MS);
  const latencyMs = await leastTime(() => run("single"));
  const startedAt = performance.now();
  await runOnAll(FRAMES_PER_WORKER);
  const seconds = (performance.now() - startedAt) / 1000;
  return { ...plan, latencyMs, pacedMs, framesPerSecond: workers * FRAMES_PER_WORKER / seconds };
}

/**
 * Finds out whether this processor is faster with 8-bit integers, and computes with them as it should.
 *
 * @param pool Idle
 * @param overflow Whether integers overflow here
 */
export async function measurePrecision(
  pool: TaskRunner,
  frame: TrialFrame,
  overflow: () => Promise<boolean> = integersOverflow,
): Promise<Precision> {
  if (await overflow()) return "fp32";
  const run = (precision: Precision) =>
    pool.run({ ...frame, precision, threads: 1, image: frame.image.slice() }, {
      sessionId: precision,
    });
  // The first frame of each loads the model.
  await run("int8");
  await run("fp32");
  let [integers, floats] = [Infinity, Infinity];
  // In turn, so that what else the machine does meets both.
  for (let count = 0; count < SAMPLES; count += 1) {
    integers = Math.min(integers, await timeOf(() => run("int8")));
    floats = Math.min(floats, await timeOf(() => run("fp32")));
  }
  return integers * WORTH_8_BITS <= floats ? "int8" : "fp32";
}

async function leastTime(run: () => Promise<unknown>, pauseMs = 0): Promise<number> {
  let least = Infinity;
  for (let count = 0; count < SAMPLES; count += 1) {
    if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    least = Math.min(least, await timeOf(run));
  }
  return least;
}

async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await run();
  return performance.now() - startedAt;
}
