import { expect } from "expect";
import fc from "fast-check";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import { BoxMotion } from "../../lib/detection/box_motion.ts";
import { toCorners } from "../../lib/image/boxes.ts";

const side = fc.integer({ min: 0, max: 600 });
const box: fc.Arbitrary<BoundingBox> = fc.tuple(side, side, side, side);
const elapsed = fc.integer({ min: 0, max: 1000 });

/** Where a box is after some sightings and times in between. */
function follow(steps: readonly (readonly [BoundingBox, number])[]): BoxMotion {
  const motion = new BoxMotion([100, 100, 50, 80]);
  for (const [seen, milliseconds] of steps) {
    motion.predict(milliseconds);
    motion.correct(seen);
  }
  return motion;
}

Deno.test("BoxMotion expects a box to go on as it went, and to grow on as it grew", () => {
  const at = (milliseconds: number): BoundingBox => [
    0.2 * milliseconds,
    300 - 0.1 * milliseconds,
    80 + 0.02 * milliseconds,
    100,
  ];
  const motion = new BoxMotion(at(0));
  for (let time = 50; time <= 2000; time += 50) {
    motion.predict(50);
    motion.correct(at(time));
  }
  motion.predict(300);
  const expected = toCorners(at(2300));
  for (const name of ["left", "top", "right", "bottom"] as const) {
    expect(Math.abs(motion.corners[name] - expected[name])).toBeLessThan(4);
  }
});

Deno.test("BoxMotion smooths what shakes", () => {
  const motion = new BoxMotion([100, 100, 60, 60]);
  for (let frame = 0; frame < 60; frame++) {
    motion.predict(66);
    motion.correct([100 + (frame % 2 === 0 ? 4 : -4), 100, 60, 60]);
  }
  motion.predict(66);
  expect(Math.abs(motion.corners.left - 100)).toBeLessThan(4);
});

Deno.test("BoxMotion does not care into how many steps time is parted", () => {
  const steps = fc.array(fc.tuple(box, elapsed), { maxLength: 6 });
  fc.assert(fc.property(steps, elapsed, elapsed, box, (seen, first, second, last) => {
    const [once, twice] = [follow(seen), follow(seen)];
    // Nothing is known of the size while a box is hidden, so only then does the noise stay the same.
    once.predict(first + second, true);
    twice.predict(first, true);
    twice.predict(second, true);
    for (const motion of [once, twice]) motion.correct(last);
    for (const name of ["left", "top", "right", "bottom"] as const) {
      expect(once.corners[name]).toBeCloseTo(twice.corners[name], 6);
    }
  }));
});

Deno.test("BoxMotion always expects a box of a size, wherever it was seen", () => {
  const steps = fc.array(fc.tuple(box, elapsed), { maxLength: 12 });
  fc.assert(fc.property(steps, elapsed, (seen, later) => {
    const motion = follow(seen);
    motion.predict(later);
    const { left, top, right, bottom } = motion.corners;
    expect([left, top, right, bottom].every(Number.isFinite)).toBe(true);
    expect(right - left).toBeGreaterThanOrEqual(1 - 1e-9);
    expect(bottom - top).toBeGreaterThanOrEqual(1 - 1e-9);
  }));
});
