import { expect } from "expect";
import fc from "fast-check";
import {
  areaOf,
  crossesItself,
  depthOf,
  distanceToEdges,
  edgesOf,
  holds,
  type Place,
  segmentsMeet,
  sideOf,
} from "../../lib/events/geometry.ts";
import type { Rule } from "../../lib/protocol/rule.ts";
import { RuleEvaluator } from "../../lib/events/rule_evaluator.ts";
import { emptyResult, rule } from "./made_clip.ts";

const SQUARE: Place[] = [[1, 1], [5, 1], [5, 5], [1, 5]];
const BOW_TIE: Place[] = [[0, 0], [4, 4], [4, 0], [0, 4]];

const anyPlace = fc.tuple(fc.integer({ min: 0, max: 200 }), fc.integer({ min: 0, max: 200 }));

/** A polygon around a middle, whose corners are sorted by their angle: it cannot cross itself. */
const anyStar: fc.Arbitrary<Place[]> = fc.array(fc.integer({ min: 20, max: 90 }), {
  minLength: 4,
  maxLength: 12,
}).map((radii) =>
  radii.map((radius, index): Place => {
    const angle = 2 * Math.PI * index / radii.length;
    return [100 + radius * Math.cos(angle), 100 + radius * Math.sin(angle)];
  })
);

Deno.test("a square holds what is in it", () => {
  expect(holds(SQUARE, [3, 3])).toBe(true);
  expect([[0, 3], [6, 3], [3, 0], [3, 6]].map(([x = 0, y = 0]) => holds(SQUARE, [x, y])))
    .toEqual([false, false, false, false]);
  expect(areaOf(SQUARE)).toBe(16);
});

Deno.test("polygons are told from those that cross or touch themselves", () => {
  expect(crossesItself(SQUARE)).toBe(false);
  expect(crossesItself(BOW_TIE)).toBe(true);
  // A corner on another edge, a corner twice, and a way that goes back.
  expect(crossesItself([[0, 0], [4, 0], [4, 4], [2, 0], [0, 4]])).toBe(true);
  expect(crossesItself([[0, 0], [4, 0], [4, 0], [0, 4]])).toBe(true);
  expect(crossesItself([[0, 0], [4, 0], [2, 0], [2, 4]])).toBe(true);
  fc.assert(fc.property(anyStar, (star) => expect(crossesItself(star)).toBe(false)));
});

Deno.test("a point is inside the same polygon wherever its corners begin and whichever way they go", () => {
  fc.assert(fc.property(anyStar, anyPlace, fc.nat(11), (star, place, turn) => {
    const turned = [...star.slice(turn % star.length), ...star.slice(0, turn % star.length)];
    expect(holds(turned, place)).toBe(holds(star, place));
    expect(holds(star.toReversed(), place)).toBe(holds(star, place));
    expect(areaOf(turned)).toBeCloseTo(areaOf(star));
  }));
});

Deno.test("the share of points inside a polygon is that of its area", () => {
  fc.assert(
    fc.property(anyStar, (star) => {
      let inside = 0;
      for (let x = 0; x < 200; x += 2) {
        for (let y = 0; y < 200; y += 2) if (holds(star, [x + 1, y + 1])) inside += 4;
      }
      expect(Math.abs(inside - areaOf(star))).toBeLessThan(0.1 * areaOf(star) + 100);
    }),
    { numRuns: 30 },
  );
});

Deno.test("no point of a polygon lies much deeper than its depth", () => {
  fc.assert(fc.property(anyStar, anyPlace, (star, place) => {
    const edges = edgesOf(star);
    if (!holds(star, place)) return;
    // The grid of 24 points is at most 5.3 apart for these.
    expect(distanceToEdges(place, edges)).toBeLessThan(depthOf(star, edges) + 5.3);
  }));
});

Deno.test("who goes over a line is on its other side then, and turning the line turns the sides", () => {
  fc.assert(fc.property(anyPlace, anyPlace, anyPlace, (a, b, place) => {
    fc.pre(a[0] !== b[0] || a[1] !== b[1]);
    const side = sideOf(a, b, place);
    expect(sideOf(b, a, place)).toBeCloseTo(-side);
    const mirrored: Place = [
      place[0] + 2 * side * (b[1] - a[1]) / Math.hypot(b[0] - a[0], b[1] - a[1]),
      place[1] - 2 * side * (b[0] - a[0]) / Math.hypot(b[0] - a[0], b[1] - a[1]),
    ];
    expect(sideOf(a, b, mirrored)).toBeCloseTo(-side);
  }));
  // To the right-hand side of whoever walks to the right is below.
  expect(sideOf([0, 0], [10, 0], [5, 3])).toBe(3);
});

Deno.test("segments meet whichever of them is asked for first", () => {
  fc.assert(fc.property(anyPlace, anyPlace, anyPlace, anyPlace, (a, b, c, d) => {
    expect(segmentsMeet(a, b, c, d)).toBe(segmentsMeet(d, c, a, b));
    expect(segmentsMeet(a, b, b, c)).toBe(true);
  }));
  expect(segmentsMeet([0, 0], [4, 4], [0, 4], [4, 0])).toBe(true);
  expect(segmentsMeet([0, 0], [4, 0], [0, 1], [4, 1])).toBe(false);
});

/** Moves an object of 40×40 pixels to places in a frame of 1000×1000, 100 ms each. */
function walk(rules: Rule[], feet: readonly Place[]): RuleEvaluator {
  const evaluator = new RuleEvaluator(rules);
  for (const [index, [x, y]] of feet.entries()) {
    const box: [number, number, number, number] = [x - 20, y - 40, 40, 40];
    const dog = { label: "dog", class_id: 16, confidence: 0.9, bbox: box, track_id: 1 };
    const result = { ...emptyResult({ width: 1000, height: 1000 }), detections: [dog] };
    evaluator.update(result, 100 * index);
  }
  return evaluator;
}

/** A line through the middle of the frame in any direction, from one edge to the other. */
const anyLine = fc.integer({ min: 0, max: 359 }).map((degrees) => {
  const [dx, dy] = [Math.cos(degrees * Math.PI / 180), Math.sin(degrees * Math.PI / 180)];
  const at = (share: number): [number, number] => [0.5 + share * dx, 0.5 + share * dy];
  return { line: [at(-0.45), at(0.45)] as Rule["line"], normal: [-dy, dx] as const };
});

Deno.test("a track that crosses a line back and forth counts each way once for each crossing", () => {
  const anySteps = fc.array(fc.integer({ min: 20, max: 300 }), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(anyLine, anySteps, ({ line, normal }, distances) => {
    // On alternate sides, at any distance from the line beyond the margin of 4 pixels, begun on the left.
    const feet = [100, 100, 100, ...distances].map((distance, index): Place => {
      const side = index < 3 || index % 2 === 0 ? -1 : 1;
      return [500 + side * distance * normal[0], 500 + side * distance * normal[1]];
    });
    const sides = feet.map((_, index) => index < 3 || index % 2 === 0 ? "out" : "in");
    const crossings = sides.filter((side, index) => index > 0 && side !== sides[index - 1]);
    const [counts] = walk([rule({ when: "cross", line, cooldown_s: 0 })], feet).counts();
    expect([counts?.in, counts?.out]).toEqual([
      crossings.filter((each) => each === "in").length,
      crossings.filter((each) => each === "out").length,
    ]);
    expect(counts?.events).toBe(crossings.length);
  }));
});

Deno.test("jitter on a line, and on the border of a zone, is no crossing", () => {
  const anyJitter = fc.array(fc.tuple(jitter(), jitter()), { minLength: 3, maxLength: 60 });
  fc.assert(fc.property(anyLine, anyJitter, ({ line }, jitters) => {
    const feet = jitters.map(([x, y]): Place => [500 + x, 500 + y]);
    const half: Rule["zone"] = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]];
    const rules = [
      rule({ id: "line", when: "cross", line, cooldown_s: 0 }),
      rule({ id: "zone", when: "enter", zone: half, cooldown_s: 0 }),
    ];
    const [atLine, atZone] = walk(rules, feet).counts();
    expect([atLine?.in, atLine?.out, atLine?.events]).toEqual([0, 0, 0]);
    // It appears in the zone or beside it, and does not come in again and again.
    expect(atZone?.events).toBeLessThanOrEqual(1);
    expect(atZone?.inside).toBe(atZone?.events);
  }));
});

/** Less than the margin, a tenth of the size of the box, along each axis and so along any direction. */
function jitter() {
  return fc.double({ min: -2.8, max: 2.8, noNaN: true });
}
