import { expect } from "expect";
import fc from "fast-check";
import { FramePicker } from "../../../lib/video/live/frame_picker.ts";

/** Which frames of a source are picked in so many seconds. */
function pick(sourceFps: number, fps: number, seconds: number): number[] {
  const picker = new FramePicker(fps);
  return Array.from({ length: sourceFps * seconds }, (_, index) => index)
    .filter((index) => picker.isDue(index * 1000 / sourceFps));
}

Deno.test("FramePicker takes every third of thirty for ten, and as many as are asked for of others", () => {
  expect(pick(30, 10, 1)).toEqual([0, 3, 6, 9, 12, 15, 18, 21, 24, 27]);
  expect(pick(30, 12, 10).length).toBe(120);
  expect(pick(25, 10, 10).length).toBe(100);
  expect(pick(10, 10, 10).length).toBe(100);
  expect(pick(5, 10, 10).length).toBe(50);
});

Deno.test("FramePicker takes all frames of a source that is as fast as wanted, however unevenly they arrive", () => {
  const picker = new FramePicker(10);
  const arrivals = [0, 104, 196, 301, 399, 503, 598, 700, 797, 905, 1000, 1099];
  expect(arrivals.filter((time) => picker.isDue(time)).length).toBeGreaterThanOrEqual(11);
});

Deno.test("FramePicker never takes more than two frames above the rate, and leaves no gap longer than needed", () => {
  const gaps = fc.array(fc.double({ min: 0.1, max: 500, noNaN: true }), { minLength: 5 });
  fc.assert(fc.property(gaps, fc.double({ min: 0.5, max: 60, noNaN: true }), (steps, fps) => {
    const picker = new FramePicker(fps);
    let time = 0;
    const times = steps.map((step) => time += step);
    const picked = times.filter((each) => picker.isDue(each));
    for (const [first, start] of picked.entries()) {
      for (const [last, end] of picked.entries()) {
        if (last < first) continue;
        const allowed = (end - start + 2 * (last - first + 1)) / 1000 * fps + 2;
        expect(last - first + 1).toBeLessThanOrEqual(allowed + 1e-6);
      }
    }
    // Whatever comes a whole period after the one before is taken.
    for (const [index, each] of times.entries()) {
      const before = times[index - 1] ?? -Infinity;
      const lastPicked = picked.findLast((other) => other <= before) ?? -Infinity;
      if (each - lastPicked > 1000 / fps) expect(picked).toContain(each);
    }
  }));
});
