import { expect } from "expect";
import fc from "fast-check";
import { Backpressure, backpressureState, shouldDrop } from "../../lib/streaming/backpressure.ts";
import vectors from "../vectors/backpressure.json" with { type: "json" };
import { SimulatedStream } from "./simulated_stream.ts";
import { withVirtualTime } from "../virtual_time.ts";

const THRESHOLDS = { dropThreshold: 0.1, slowdownThreshold: 0.3 };

interface Phase {
  frames: number;
  interval_ms: number;
  processing_ms: number;
}

interface Scenario extends Partial<Phase> {
  name: string;
  slow?: Record<string, number>;
  phases?: Phase[];
  max_dropped?: number;
  last_20_all_processed?: boolean;
  processed_between?: [number, number];
  slow_down_at_least?: number;
  slow_down?: number;
}

Deno.test("shouldDrop conforms to the vectors", () => {
  for (const { processing_ms, interval_ms, recent_rate, threshold, drop } of vectors.should_drop) {
    expect(shouldDrop(processing_ms, interval_ms, recent_rate, threshold)).toBe(drop);
  }
});

Deno.test("backpressureState conforms to the vectors", () => {
  for (const { recent_rate, state } of vectors.states) {
    expect(backpressureState(recent_rate, THRESHOLDS)).toBe(state);
  }
});

function phasesOf(scenario: Scenario): Phase[] {
  const { phases, frames = 0, interval_ms = 0, processing_ms = 0 } = scenario;
  return phases ?? [{ frames, interval_ms, processing_ms }];
}

for (const scenario of vectors.scenarios as unknown as Scenario[]) {
  Deno.test(`a stream conforms to the scenario "${scenario.name}"`, async () => {
    await withVirtualTime(async (clock) => {
      let processing = 0;
      const simulated = new SimulatedStream((index) => scenario.slow?.[index] ?? processing);
      for (const { frames, interval_ms, processing_ms } of phasesOf(scenario)) {
        processing = processing_ms;
        for (let frame = 0; frame < frames; frame += 1) {
          simulated.arrive();
          await clock.tickAsync(interval_ms);
        }
      }
      await clock.tickAsync(5000);
      const dropped = simulated.answered("dropped").length;
      const processed = simulated.answered("result");
      const total = phasesOf(scenario).reduce((sum, { frames }) => sum + frames, 0);
      expect(dropped + processed.length).toBe(total);
      if (scenario.max_dropped !== undefined) {
        expect(dropped).toBeLessThanOrEqual(scenario.max_dropped);
      }
      if (scenario.processed_between !== undefined) {
        expect(processed.length).toBeGreaterThanOrEqual(scenario.processed_between[0]);
        expect(processed.length).toBeLessThanOrEqual(scenario.processed_between[1]);
      }
      if (scenario.last_20_all_processed) {
        const last20 = Array.from({ length: 20 }, (_, index) => total - 19 + index);
        expect(processed).toEqual(expect.arrayContaining(last20));
      }
      expect(simulated.slowDowns).toBeGreaterThanOrEqual(scenario.slow_down_at_least ?? 0);
      if (scenario.slow_down !== undefined) expect(simulated.slowDowns).toBe(scenario.slow_down);
    });
  });
}

const loads = fc.array(
  fc.record({
    gap: fc.integer({ min: 0, max: 400 }),
    processing: fc.integer({ min: 0, max: 600 }),
  }),
  { minLength: 1, maxLength: 120 },
);

Deno.test("every frame is answered once, one is in flight, and a frame that finds the pipeline idle is processed", async () => {
  await fc.assert(
    fc.asyncProperty(loads, async (frames) => {
      await withVirtualTime(async (clock) => {
        const simulated = new SimulatedStream((index) => frames[index - 1].processing);
        const foundIdle: number[] = [];
        for (const [index, { gap }] of frames.entries()) {
          await clock.tickAsync(gap);
          if (simulated.inFlight === 0) foundIdle.push(index + 1);
          const answeredBefore = simulated.transport.sent.length;
          simulated.arrive();
          const { frameIndex } = simulated.session;
          const answers = simulated.answered("result").length +
            simulated.answered("dropped").length;
          // One in flight and one waiting are all that may be unanswered.
          expect(frameIndex - answers).toBeLessThanOrEqual(2);
          expect(simulated.transport.sent.length).toBeGreaterThanOrEqual(answeredBefore);
        }
        await clock.tickAsync(2000);
        const processed = simulated.answered("result");
        const answered = [...processed, ...simulated.answered("dropped")];
        expect(answered.toSorted((a, b) => a - b)).toEqual(frames.map((_, index) => index + 1));
        expect(processed).toEqual(expect.arrayContaining(foundIdle));
        expect(simulated.maxInFlight).toBe(1);
      });
    }),
    { numRuns: 100 },
  );
});

Deno.test("a session is normal within 40 frames after load falls below capacity", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 5, max: 80 }),
      fc.integer({ min: 50, max: 800 }),
      fc.integer({ min: 20, max: 300 }),
      async (overloadGap, overloadProcessing, gap) => {
        await withVirtualTime(async (clock) => {
          let processing = overloadProcessing;
          const simulated = new SimulatedStream(() => processing);
          for (let frame = 0; frame < 100; frame += 1) {
            simulated.arrive();
            await clock.tickAsync(overloadGap);
          }
          // The load has fallen once the last slow frames are out: the one in flight, and the one that waits.
          await clock.tickAsync(2 * overloadProcessing);
          processing = gap * 0.9;
          for (let frame = 0; frame < 40; frame += 1) {
            simulated.arrive();
            await clock.tickAsync(gap);
          }
          expect(simulated.session.backpressureState).toBe("normal");
        });
      },
    ),
    { numRuns: 60, examples: [[5, 781, 20]] },
  );
});

Deno.test("Backpressure asks to slow down on entering critical, every 5 s, and anew after leaving it", () => {
  const backpressure = new Backpressure();
  expect(backpressure.shouldSlowDown("warning", 0)).toBe(false);
  expect(backpressure.shouldSlowDown("critical", 100)).toBe(true);
  expect(backpressure.shouldSlowDown("critical", 5099)).toBe(false);
  expect(backpressure.shouldSlowDown("critical", 5100)).toBe(true);
  expect(backpressure.shouldSlowDown("normal", 5200)).toBe(false);
  expect(backpressure.shouldSlowDown("critical", 5300)).toBe(true);
});

Deno.test("Backpressure smooths the gap between frames and keeps it within 10 to 1000 ms", () => {
  const backpressure = new Backpressure();
  expect(backpressure.frameIntervalMs).toBe(100);
  backpressure.frameArrived(0);
  expect(backpressure.frameIntervalMs).toBe(100);
  backpressure.frameArrived(1);
  expect(backpressure.frameIntervalMs).toBe(10);
  backpressure.frameArrived(60_001);
  expect(backpressure.frameIntervalMs).toBe(10 + 0.2 * 990);
});

Deno.test("Backpressure expects a busy pipeline to stay busy for at least 1 ms", () => {
  const backpressure = new Backpressure();
  backpressure.frameProcessed(50);
  expect(backpressure.expectedBusyMs(undefined, 1000)).toBe(0);
  expect(backpressure.expectedBusyMs(990, 1000)).toBe(40);
  expect(backpressure.expectedBusyMs(500, 1000)).toBe(1);
});
