/**
 * Finds out, on a real image, how many workers with how many threads each serve this machine best.
 *
 * @module
 */

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
  /** Milliseconds of a frame when there is only one at a time; the median. */
  latencyMs: number;
  /** Frames a second when every worker always has one. */
  framesPerSecond: number;
}

const SINGLE_FRAMES = 5;
const FRAMES_PER_WORKER = 6;

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
 * The plans that no other beats in both respects: each answers more frames a second than those before it, but takes longer for
 * each frame.
 *
 * @returns The fewest workers first
 */
export function worthwhilePlans(measurements: readonly PlanMeasurement[]): PlanMeasurement[] {
  const byLatency = measurements.toSorted((a, b) =>
    a.latencyMs - b.latencyMs || b.framesPerSecond - a.framesPerSecond
  );
  let most = 0;
  const kept = byLatency.filter(({ framesPerSecond }) => {
    const isMore = framesPerSecond > most;
    most = Math.max(most, framesPerSecond);
    return isMore;
  });
  return kept.toSorted((a, b) => a.workers - b.workers);
}

/**
 * The plan for so many frames at once: the one with the fewest workers (and so the most threads each) that has one per frame.
 *
 * @param plans The fewest workers first
 * @param frames Frames that are with a worker or could be, from 1
 */
export function planFor<Plan extends WorkerPlan>(plans: readonly Plan[], frames: number): Plan {
  const plan = plans.find(({ workers }) => workers >= frames) ?? plans.at(-1);
  if (plan === undefined) throw new RangeError("Cannot choose from no plans");
  return plan;
}

/**
 * Tries a plan.
 *
 * @param pool Idle, with the plan's workers or more
 * @param frame What is run, on an encoded image
 */
export async function measurePlan(
  plan: WorkerPlan,
  pool: { run(task: DetectTask, turn: { sessionId: string }): Promise<unknown> },
  frame: DetectTask & { image: Uint8Array },
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
  const latencies: number[] = [];
  for (let count = 0; count < SINGLE_FRAMES; count += 1) {
    const startedAt = performance.now();
    await run("single");
    latencies.push(performance.now() - startedAt);
  }
  const startedAt = performance.now();
  await runOnAll(FRAMES_PER_WORKER);
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    ...plan,
    latencyMs: latencies.toSorted((a, b) => a - b)[SINGLE_FRAMES >> 1],
    framesPerSecond: workers * FRAMES_PER_WORKER / seconds,
  };
}
