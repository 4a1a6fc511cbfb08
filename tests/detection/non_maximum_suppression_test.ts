import { intersectionOverUnion } from "../../lib/image/boxes.ts";
import { expect } from "expect";
import fc from "fast-check";
import {
  type Candidate,
  suppressNonMaxima,
  weakenAcrossClasses,
} from "../../lib/detection/non_maximum_suppression.ts";

function candidate(left: number, top: number, size: number, score: number, classId = 0): Candidate {
  return { left, top, right: left + size, bottom: top + size, score, classId };
}

const candidates = fc.array(
  fc.tuple(
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 0, max: 50 }),
    fc.integer({ min: 1, max: 50 }),
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.integer({ min: 0, max: 3 }),
  ).map((values) => candidate(...values)),
  { maxLength: 40 },
);
const threshold = fc.double({ min: 0, max: 1, noNaN: true });

Deno.test("intersectionOverUnion is a third for squares that overlap by half", () => {
  expect(intersectionOverUnion(candidate(0, 0, 2, 1), candidate(1, 0, 2, 1))).toBeCloseTo(1 / 3);
});

Deno.test("intersectionOverUnion is 0 for boxes that only touch", () => {
  expect(intersectionOverUnion(candidate(0, 0, 2, 1), candidate(2, 0, 2, 1))).toBe(0);
});

Deno.test("intersectionOverUnion is symmetric, 1 with itself, and never outside 0 to 1", () => {
  fc.assert(fc.property(candidates, (boxes) => {
    for (const a of boxes) {
      expect(intersectionOverUnion(a, a)).toBe(1);
      for (const b of boxes) {
        const overlap = intersectionOverUnion(a, b);
        expect(overlap).toBe(intersectionOverUnion(b, a));
        expect(overlap >= 0 && overlap <= 1).toBe(true);
      }
    }
  }));
});

Deno.test("suppressNonMaxima keeps the best of one class and leaves other classes alone", () => {
  const best = candidate(0, 0, 10, 0.9);
  const weaker = candidate(1, 0, 10, 0.8);
  const other = candidate(1, 0, 10, 0.7, 1);
  expect(suppressNonMaxima([other, weaker, best], 0.45)).toEqual([best, other]);
});

Deno.test("suppressNonMaxima leaves no two boxes of one class that overlap too much", () => {
  fc.assert(fc.property(candidates, threshold, (boxes, limit) => {
    const kept = suppressNonMaxima(boxes, limit);
    kept.forEach((a, index) => {
      for (const b of kept.slice(index + 1)) {
        if (a.classId === b.classId) expect(intersectionOverUnion(a, b)).toBeLessThanOrEqual(limit);
      }
    });
  }));
});

Deno.test("suppressNonMaxima drops only boxes that a better one of their class covers", () => {
  fc.assert(fc.property(candidates, threshold, (boxes, limit) => {
    const kept = suppressNonMaxima(boxes, limit);
    for (const box of boxes) {
      if (kept.includes(box)) continue;
      const covered = kept.some((other) =>
        other.classId === box.classId && other.score >= box.score &&
        intersectionOverUnion(other, box) > limit
      );
      expect(covered).toBe(true);
    }
  }));
});

Deno.test("suppressNonMaxima sorts by score and changes nothing when repeated", () => {
  fc.assert(fc.property(candidates, threshold, (boxes, limit) => {
    const kept = suppressNonMaxima(boxes, limit);
    const scores = kept.map((box) => box.score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(suppressNonMaxima(kept, limit)).toEqual(kept);
  }));
});

Deno.test("weakenAcrossClasses leaves the less likely class of an object what the likelier one leaves", () => {
  const car = candidate(0, 0, 10, 0.6, 2);
  const truck = candidate(0, 1, 10, 0.5, 7);
  const person = candidate(0, 3, 10, 0.9, 0);
  expect(weakenAcrossClasses([truck, car, person])).toEqual([person, car, {
    ...truck,
    score: 0.2,
  }]);
});

Deno.test("weakenAcrossClasses leaves boxes of one class to suppressNonMaxima", () => {
  const boxes = [candidate(0, 0, 10, 0.9), candidate(0, 0, 10, 0.8)];
  expect(weakenAcrossClasses(boxes)).toEqual(boxes);
});

Deno.test("weakenAcrossClasses leaves no two classes above a confidence of 0.25 in one place", () => {
  fc.assert(fc.property(candidates, (boxes) => {
    const likely = weakenAcrossClasses(boxes).filter(({ score }) => score > 0.25);
    likely.forEach((a, index) => {
      for (const b of likely.slice(index + 1)) {
        if (a.classId !== b.classId) expect(intersectionOverUnion(a, b)).toBeLessThanOrEqual(0.7);
      }
    });
  }));
});

Deno.test("weakenAcrossClasses keeps every box, and weakens those that a better one of another class covers", () => {
  fc.assert(fc.property(candidates, (boxes) => {
    const weakened = weakenAcrossClasses(boxes);
    const scores = weakened.map((box) => box.score);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(weakened).toHaveLength(boxes.length);
    for (const box of weakened.filter((each) => !boxes.includes(each))) {
      const covered = boxes.some((other) =>
        other.classId !== box.classId && other.score >= box.score &&
        intersectionOverUnion(other, box) > 0.7
      );
      expect(covered).toBe(true);
    }
  }));
});
