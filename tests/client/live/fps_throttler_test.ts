import { expect } from "expect";
import fc from "fast-check";
import { FpsThrottler } from "../../../lib/client/live/fps_throttler.ts";

/** Captures among `count` ticks, the first at `from`, `interval` ms apart. */
function countCaptures(
  throttler: FpsThrottler,
  { from = 0, count, interval }: { from?: number; count: number; interval: number },
): number {
  let captures = 0;
  for (let tick = 0; tick < count; tick++) {
    if (throttler.tick(from + tick * interval)) captures += 1;
  }
  return captures;
}

/** Lets the server answer `fps` frames a second for 3 seconds, then warn. */
function slowDownTo(throttler: FpsThrottler, fps: number): number {
  for (let time = 0; time <= 3000; time += 1000 / fps) throttler.answered(time);
  throttler.slowDown(3000);
  return 3000;
}

Deno.test("FpsThrottler takes 25 to 35 of 120 frames at 60 FPS", () => {
  const captures = countCaptures(new FpsThrottler(), { count: 120, interval: 16.67 });
  expect(captures).toBeGreaterThanOrEqual(25);
  expect(captures).toBeLessThanOrEqual(35);
});

Deno.test("FpsThrottler takes every frame of a camera at its own rate, in spite of jitter", () => {
  const throttler = new FpsThrottler();
  let captures = 0;
  for (let tick = 0; tick < 150; tick++) {
    const jitter = tick % 2 === 0 ? 4 : -4;
    if (throttler.tick(tick * 1000 / 15 + jitter)) captures += 1;
  }
  expect(captures).toBeGreaterThanOrEqual(145);
});

Deno.test("FpsThrottler keeps to 15 FPS on average, whatever the rate of the source", () => {
  fc.assert(fc.property(fc.double({ min: 4, max: 60, noNaN: true }), (interval) => {
    const count = Math.ceil(10_000 / interval);
    const captures = countCaptures(new FpsThrottler(), { count, interval });
    expect(captures).toBeLessThanOrEqual(155);
    expect(captures).toBeGreaterThanOrEqual(140);
  }));
});

Deno.test("FpsThrottler does not make up for a pause", () => {
  const throttler = new FpsThrottler();
  throttler.tick(0);
  expect(countCaptures(throttler, { from: 60_000, count: 13, interval: 16.67 }))
    .toBeLessThanOrEqual(4);
});

Deno.test("FpsThrottler slows down to the rate that was answered", () => {
  const throttler = new FpsThrottler();
  slowDownTo(throttler, 8);
  expect(throttler.fps).toBeCloseTo(8, 0);
  expect(throttler.isSlowed).toBe(true);
});

Deno.test("FpsThrottler never goes below 5 FPS", () => {
  const throttler = new FpsThrottler();
  throttler.slowDown(0);
  expect(throttler.fps).toBe(5);
});

Deno.test("FpsThrottler does not speed up on a warning", () => {
  const throttler = new FpsThrottler();
  slowDownTo(throttler, 6);
  for (let time = 3000; time < 6000; time += 50) throttler.answered(time);
  throttler.slowDown(6000);
  expect(throttler.fps).toBeCloseTo(6, 0);
});

Deno.test("FpsThrottler stays slow for 10 seconds after the last drop", () => {
  const throttler = new FpsThrottler();
  const warned = slowDownTo(throttler, 6);
  const slowed = throttler.fps;
  throttler.dropped(warned + 5000);
  for (let time = warned; time < warned + 14_990; time += 10) throttler.tick(time);
  expect(throttler.fps).toBe(slowed);
});

Deno.test("FpsThrottler rises by 1 FPS a second once it was quiet, and not above 15", () => {
  const throttler = new FpsThrottler();
  throttler.slowDown(0);
  const rates = [10_000, 11_000, 12_000].map((until) => {
    for (let time = until - 1000; time <= until; time += 10) throttler.tick(time);
    return throttler.fps;
  });
  expect(rates).toEqual([6, 7, 8]);
  for (let time = 12_000; time < 60_000; time += 10) throttler.tick(time);
  expect(throttler.fps).toBe(15);
});

Deno.test("FpsThrottler forgets the answers of the connection before", () => {
  const throttler = new FpsThrottler();
  for (let time = 0; time < 3000; time += 100) throttler.answered(time);
  throttler.restart();
  throttler.slowDown(3000);
  expect(throttler.fps).toBe(5);
});

Deno.test("FpsThrottler stays between its rates, whatever happens", () => {
  const event = fc.record({
    kind: fc.constantFrom("tick", "answered", "dropped", "slowDown"),
    gap: fc.integer({ min: 0, max: 5000 }),
  });
  fc.assert(fc.property(fc.array(event), (events) => {
    const throttler = new FpsThrottler({ minimumFps: 4, maximumFps: 12 });
    let now = 0;
    for (const { kind, gap } of events) {
      now += gap;
      throttler[kind](now);
      expect(throttler.fps).toBeGreaterThanOrEqual(4);
      expect(throttler.fps).toBeLessThanOrEqual(12);
    }
  }));
});

Deno.test("FpsThrottler refuses rates that contradict each other", () => {
  expect(() => new FpsThrottler({ minimumFps: 0 })).toThrow(RangeError);
  expect(() => new FpsThrottler({ minimumFps: 20, maximumFps: 15 })).toThrow(RangeError);
});
