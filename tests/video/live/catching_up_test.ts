import { expect } from "expect";
import { CatchingUp } from "../../../lib/video/live/catching_up.ts";

/** Packets of a source with 25 frames a second and a keyframe every second; gives the indices of those that are skipped. */
function skipped(count: number, arrivalMs: (index: number) => number, timeMs = timeOf): number[] {
  const catchingUp = new CatchingUp();
  return Array.from({ length: count }, (_, index) => index).filter((index) =>
    catchingUp.skips({
      timeMs: timeMs(index),
      nowMs: arrivalMs(index),
      isKey: index % 25 === 0,
    })
  );
}

function timeOf(index: number): number {
  return index * 40;
}

Deno.test("CatchingUp skips nothing of a source that is in time, or whose clock runs a little differently", () => {
  expect(skipped(1000, timeOf)).toEqual([]);
  expect(skipped(10_000, (index) => timeOf(index) * 1.0005)).toEqual([]);
  expect(skipped(10_000, (index) => timeOf(index) * 0.9995)).toEqual([]);
  // What had been collected before the source was open comes at once.
  expect(skipped(1000, (index) => Math.max(1000, timeOf(index)))).toEqual([]);
});

Deno.test("CatchingUp goes on with a keyframe that is in time after a hold-up", () => {
  // Packets 100 to 199 all arrive when packet 200 is due.
  const arrival = (index: number) => index >= 100 && index < 200 ? timeOf(200) : timeOf(index);
  const indices = skipped(1000, arrival);
  expect(indices[0]).toBe(100);
  expect(indices.at(-1)).toBe(199);
});

Deno.test("CatchingUp skips what a slow decoder leaves, so that it is never late for long", () => {
  const catchingUp = new CatchingUp();
  let now = 0;
  let latest = 0;
  let decoded = 0;
  for (let index = 0; index < 5000; index++) {
    now = Math.max(now, timeOf(index));
    if (catchingUp.skips({ timeMs: timeOf(index), nowMs: now, isKey: index % 25 === 0 })) continue;
    latest = Math.max(latest, now - timeOf(index));
    // Half as fast as the source.
    now += 80;
    decoded++;
  }
  expect(latest).toBeLessThan(2000);
  expect(decoded).toBeGreaterThan(1500);
});

Deno.test("CatchingUp goes on when the clock of the source jumps", () => {
  const jump = (index: number) => timeOf(index) - (index >= 500 ? 60_000 : 0);
  const indices = skipped(2000, timeOf, jump);
  expect(indices.length).toBeLessThanOrEqual(6 * 25);
});
