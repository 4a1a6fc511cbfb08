import type { Pace } from "./contestant.ts";
import type { Measurement } from "./peer_answers.ts";

/** Calls before the clock starts, for what lay idle while the others had their turn. */
const WARM_UP_CALLS = 2;

/** What to measure. */
export interface FrameRun {
  /** Has one frame answered. */
  run(): Promise<void>;
  /** What the process that answers has worked since it started, on all cores, in seconds. */
  cpuSeconds(): Promise<number>;
}

/** Measures frames as `bench/peers/peer.py` measures those of others. */
export async function measureFrames(
  { run, cpuSeconds }: FrameRun,
  { frames, intervalMs }: Pace,
): Promise<Measurement> {
  for (let call = 0; call < WARM_UP_CALLS; call++) await run();
  const ms: number[] = [];
  const worked = await cpuSeconds();
  const started = performance.now();
  for (let frame = 0; frame < frames; frame++) {
    await until(started + frame * intervalMs);
    const began = performance.now();
    await run();
    ms.push(performance.now() - began);
  }
  // Threads that stay awake after a frame do so in its interval.
  await until(started + frames * intervalMs);
  return { ms, cpu_ms: (await cpuSeconds() - worked) * 1000 };
}

async function until(time: number): Promise<void> {
  const wait = time - performance.now();
  if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
}
