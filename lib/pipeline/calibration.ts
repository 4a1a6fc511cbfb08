/**
 * Finds out, on a real picture, how many workers with how many threads each serve this machine best.
 *
 * @module
 */

import type { DetectTask } from "./worker_messages.ts";

/** How inference is spread over the cores. */
export interface WorkerPlan {
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
 * The plans that are worth a try: few workers with many threads answer one stream soonest, many with few serve many best.
 *
 * @param cores Number of cores, from 1
 * @param fixed What is not to be chosen
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

/** The plan with the most frames a second for its latency, so that neither one stream nor many are forgotten. */
export function choosePlan(measurements: readonly PlanMeasurement[]): PlanMeasurement {
  const [first, ...rest] = measurements;
  if (first === undefined) throw new RangeError("Cannot choose from no plans");
  const merit = (plan: PlanMeasurement) => plan.framesPerSecond / plan.latencyMs;
  return rest.reduce((best, plan) => merit(plan) > merit(best) ? plan : best, first);
}

/**
 * Tries a plan.
 *
 * @param pool A started pool with the plan's workers
 * @param picture An encoded picture
 */
export async function measurePlan(
  plan: WorkerPlan,
  pool: { run(task: DetectTask, sessionId: string): Promise<unknown> },
  pipelineId: string,
  picture: Uint8Array,
): Promise<PlanMeasurement> {
  const run = (session: string) => pool.run({ pipelineId, picture: picture.slice() }, session);
  const latencies: number[] = [];
  for (let count = 0; count < SINGLE_FRAMES; count += 1) {
    const startedAt = performance.now();
    await run("single");
    latencies.push(performance.now() - startedAt);
  }
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: plan.workers }, async (_, worker) => {
    for (let count = 0; count < FRAMES_PER_WORKER; count += 1) await run(`worker ${worker}`);
  }));
  const seconds = (performance.now() - startedAt) / 1000;
  return {
    ...plan,
    latencyMs: latencies.toSorted((a, b) => a - b)[SINGLE_FRAMES >> 1],
    framesPerSecond: plan.workers * FRAMES_PER_WORKER / seconds,
  };
}
