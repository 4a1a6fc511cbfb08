import { expect } from "expect";
import { SimulatedStream } from "./simulated_stream.ts";
import { withVirtualTime } from "../virtual_time.ts";

/** Forty seconds at 15 frames a second. */
const FRAMES = 600;
const GAP_MS = 1000 / 15;
/** The pipeline is fast but for a third of a second, as after a hiccup of the machine. */
const durationOf = (frameIndex: number) => frameIndex >= 20 && frameIndex < 25 ? 200 : 25;

/** The rule that this design began with: drop while frames take over 33 ms or more than 10 % of all were dropped. */
function runOriginalRule(): number[] {
  const answered: number[] = [];
  let dropped = 0;
  let lastDurationMs = 0;
  for (let frameIndex = 1; frameIndex <= FRAMES; frameIndex += 1) {
    if (lastDurationMs > 33 || dropped / frameIndex > 0.1) {
      dropped += 1;
      continue;
    }
    lastDurationMs = durationOf(frameIndex);
    answered.push(frameIndex);
  }
  return answered;
}

Deno.test("the original rule drops every frame after a single slow one, for ever", () => {
  expect(runOriginalRule()).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
});

Deno.test("this rule loses a few frames to the same hiccup, and none after it", async () => {
  await withVirtualTime(async (clock) => {
    const simulated = new SimulatedStream(durationOf);
    for (let frame = 0; frame < FRAMES; frame += 1) {
      simulated.arrive();
      await clock.tickAsync(GAP_MS);
    }
    await clock.tickAsync(1000);
    const dropped = simulated.answered("dropped");
    expect(simulated.answered("result").length + dropped.length).toBe(FRAMES);
    expect(dropped).toEqual([21, 23, 24, 26]);
    expect(simulated.session.backpressureState).toBe("normal");
  });
});
