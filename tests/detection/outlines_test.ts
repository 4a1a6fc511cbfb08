import { expect } from "expect";
import fc from "fast-check";
import { reducePolygon } from "../../lib/detection/reduce_polygon.ts";
import { type Field, signedArea, traceOutlines } from "../../lib/detection/trace_outline.ts";
import type { Point } from "../../lib/protocol/geometry.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { distanceTo, sidesOf } from "./plain_masks.ts";

/** Fields from 4x4 to 14x14, of noise that is smooth or not, within sides below 0. */
const fields = fc.record({
  width: fc.integer({ min: 4, max: 14 }),
  height: fc.integer({ min: 4, max: 14 }),
  noise: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 196, maxLength: 196 }),
}).map(({ width, height, noise }): Field => framed(width, height, (place) => noise[place] ?? 0));

function framed(width: number, height: number, valueAt: (place: number) => number): Field {
  const values = Float32Array.from({ length: width * height }, (_, place) => {
    const [x, y] = [place % width, Math.floor(place / width)];
    const isSide = x === 0 || y === 0 || x === width - 1 || y === height - 1;
    return isSide ? -1 : valueAt(place);
  });
  return { width, height, values };
}

/** Which way round three points go. */
function turn([ax, ay]: Point, [bx, by]: Point, [cx, cy]: Point): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** Whether two lines have a point in common. */
function meet(a: Point, b: Point, c: Point, d: Point): boolean {
  const isApart = ([p, q]: Point[], [r, s]: Point[], axis: 0 | 1) =>
    Math.max(p?.[axis] ?? 0, q?.[axis] ?? 0) < Math.min(r?.[axis] ?? 0, s?.[axis] ?? 0);
  for (const axis of [0, 1] as const) {
    if (isApart([a, b], [c, d], axis) || isApart([c, d], [a, b], axis)) return false;
  }
  return Math.sign(turn(a, b, c)) * Math.sign(turn(a, b, d)) <= 0 &&
    Math.sign(turn(c, d, a)) * Math.sign(turn(c, d, b)) <= 0;
}

/** Whether no two sides of a polygon that are not neighbours meet. */
function isSimple(polygon: readonly Point[]): boolean {
  const side = (index: number) =>
    [polygon[index], polygon[(index + 1) % polygon.length]] as [Point, Point];
  return polygon.every((_, first) =>
    polygon.every((_, second) => {
      const distance = Math.abs(first - second);
      if (distance < 2 || distance === polygon.length - 1) return true;
      return !meet(...side(first), ...side(second));
    })
  );
}

/** Whether a point lies within a polygon: a ray from it crosses an odd number of sides. */
function isInside([x, y]: Point, polygon: readonly Point[]): boolean {
  return polygon.filter(([ax, ay], index) => {
        const [bx, by] = polygon[(index + 1) % polygon.length] as Point;
        return (ay > y) !== (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay);
      }).length % 2 === 1;
}

Deno.test("outlines neither cross nor touch themselves, and enclose just what is above 0", () => {
  fc.assert(fc.property(fields, (field) => {
    const outlines = traceOutlines(field);
    for (const outline of outlines) expect(isSimple(outline)).toBe(true);
    field.values.forEach((value, index) => {
      const point: Point = [index % field.width, Math.floor(index / field.width)];
      const around = outlines.filter((outline) => isInside(point, outline)).length;
      expect([value, around % 2]).toEqual([value, value > 0 ? 1 : 0]);
    });
  }));
});

Deno.test("what touches with its corners alone is in one outline", () => {
  const chequered = framed(6, 6, (place) => (place + Math.floor(place / 6)) % 2 === 0 ? 1 : -1);
  const outer = traceOutlines(chequered).filter((outline) => signedArea(outline) > 0);
  expect(outer).toHaveLength(1);
});

Deno.test("the outline of a field of one value is its rectangle, clockwise", () => {
  const [outline = [], ...others] = traceOutlines(framed(6, 5, () => 1));
  expect(others).toEqual([]);
  expect(outline.every(([x, y]) => x === 0.5 || x === 4.5 || y === 0.5 || y === 3.5)).toBe(true);
  expect(signedArea(outline)).toBeCloseTo(4 * 3 - 4 / 8);
  expect(traceOutlines(framed(6, 5, () => -1))).toEqual([]);
});

Deno.test("the area within the outline of a disc is that of the disc, and a hole runs the other way", () => {
  const ring = (most: number, least: number) =>
    framed(41, 41, (index) => {
      const radius = Math.hypot(index % 41 - 20, Math.floor(index / 41) - 20);
      return Math.min(most - radius, radius - least);
    });
  const areas = traceOutlines(ring(15, 6)).map(signedArea);
  const [hole = 0, disc = 0] = areas.sort((a, b) => a - b);
  expect(areas).toHaveLength(2);
  expect(Math.abs(disc / (Math.PI * 15 ** 2) - 1)).toBeLessThan(0.01);
  expect(Math.abs(-hole / (Math.PI * 6 ** 2) - 1)).toBeLessThan(0.03);
});

Deno.test("a reduced outline has few enough points, which it had before, and does not cross itself", () => {
  fc.assert(fc.property(fields, fc.integer({ min: 3, max: 30 }), (field, most) => {
    for (const outline of traceOutlines(field)) {
      const reduced = reducePolygon(outline, most, 0.01);
      expect(reduced.length).toBeLessThanOrEqual(Math.max(3, most));
      expect(reduced.every(([x, y]) => outline.some((point) => point[0] === x && point[1] === y)))
        .toBe(true);
      expect(isSimple(reduced)).toBe(true);
      expect(Math.sign(signedArea(reduced))).toBe(Math.sign(signedArea(outline)));
    }
  }));
});

Deno.test("no point that was left out is further from the reduced outline than its reach", () => {
  const reaches = fc.double({ min: 0.05, max: 2, noNaN: true });
  fc.assert(fc.property(fields, reaches, (field, reach) => {
    for (const outline of traceOutlines(field)) {
      const reduced = reducePolygon(outline, outline.length, reach);
      for (const point of outline) {
        expect(distanceTo(point, sidesOf(reduced))).toBeLessThanOrEqual(reach + 1e-9);
      }
    }
  }));
});

Deno.test("a circle keeps its area with a tenth of its points, and a square its corners alone", () => {
  const circle = Array.from({ length: 2000 }, (_, index): Point => {
    const angle = index / 1000 * Math.PI;
    return [100 * Math.cos(angle), 100 * Math.sin(angle)];
  });
  const reduced = reducePolygon(circle, 200, 0.001);
  expect(reduced.length).toBeGreaterThan(90);
  expect(reduced.length).toBeLessThanOrEqual(200);
  expect(Math.abs(signedArea(reduced) / signedArea(circle) - 1)).toBeLessThan(0.003);
  const along = Array.from({ length: 25 }, (_, index) => index);
  const square = [
    ...along.map((place): Point => [place, 0]),
    ...along.map((place): Point => [25, place]),
    ...along.map((place): Point => [25 - place, 25]),
    ...along.map((place): Point => [0, 25 - place]),
  ];
  expect(reducePolygon(square, 200, 0.01)).toEqual([[0, 0], [25, 0], [25, 25], [0, 25]]);
});

/** How far the points of a polygon that were left out are from the lines between those next to them that stay, at most. */
function deviationOf(reduced: readonly Point[], polygon: readonly Point[]): number {
  const stays = reduced.map(([x, y]) =>
    polygon.findIndex((point) => point[0] === x && point[1] === y)
  );
  return Math.max(...stays.map((from, index) => {
    const to = stays[(index + 1) % stays.length] as number;
    return furthestBetween(polygon, from, to > from ? to : to + polygon.length);
  }));
}

/** How far the points between two of a polygon are from the line between these, at most. */
function furthestBetween(polygon: readonly Point[], from: number, to: number): number {
  const at = (index: number) => polygon[index % polygon.length] as Point;
  let furthest = 0;
  for (let index = from + 1; index < to; index++) {
    furthest = Math.max(furthest, distanceTo(at(index), [[at(from), at(to)]]));
  }
  return furthest;
}

/** How few points of a polygon, with its first, can be chosen so that no other is further than `within` from the line past it. */
function fewestWithin(polygon: readonly Point[], within: number): number {
  const fewest = polygon.map((_, index) => index);
  fewest.push(polygon.length);
  for (let from = 0; from < polygon.length; from++) {
    for (let to = from + 2; to <= Math.min(from + 40, polygon.length); to++) {
      if ((fewest[from] as number) + 1 >= (fewest[to] as number)) continue;
      if (furthestBetween(polygon, from, to) <= within) fewest[to] = (fewest[from] as number) + 1;
    }
  }
  return fewest[polygon.length] as number;
}

Deno.test("where an outline needs more points, no choice of as many comes nearer than two thirds", () => {
  const random = createRandom(5);
  const noise = framed(40, 40, () => random() - 0.45);
  const outline = traceOutlines(noise).reduce((a, b) => signedArea(a) > signedArea(b) ? a : b);
  const reduced = reducePolygon(outline, 120, 0.25);
  expect(reduced).toHaveLength(120);
  const nearer = deviationOf(reduced, outline) * 2 / 3;
  expect(fewestWithin(outline, nearer)).toBeGreaterThan(120);
});
