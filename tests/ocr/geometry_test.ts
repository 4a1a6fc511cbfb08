import { expect } from "expect";
import fc from "fast-check";
import type { Point } from "../../lib/protocol/geometry.ts";
import {
  convexHull,
  levelRectangle,
  minimumAreaRectangle,
  quadrilateralOverlap,
  rectangleCorners,
  type RotatedRectangle,
  toRectangle,
} from "../../lib/ocr/geometry.ts";

const coordinate = fc.integer({ min: -200, max: 200 });
const point = fc.tuple(coordinate, coordinate);
const rectangle: fc.Arbitrary<RotatedRectangle> = fc.record({
  center: point,
  width: fc.integer({ min: 1, max: 100 }),
  height: fc.integer({ min: 1, max: 100 }),
  angle: fc.double({ min: -3, max: 3, noNaN: true }),
});

Deno.test("convexHull keeps the corners and drops what lies within and between them", () => {
  const points: Point[] = [[0, 0], [4, 0], [4, 3], [0, 3], [2, 1], [2, 0], [4, 2]];
  expect(new Set(convexHull(points).map(String))).toEqual(new Set(["0,0", "4,0", "4,3", "0,3"]));
});

Deno.test("minimumAreaRectangle finds the rectangle that its corners came from", () => {
  fc.assert(fc.property(rectangle, (original) => {
    const found = minimumAreaRectangle(convexHull(rectangleCorners(original)));
    expect(found.center[0]).toBeCloseTo(original.center[0], 6);
    expect(found.center[1]).toBeCloseTo(original.center[1], 6);
    expect(found.width * found.height).toBeCloseTo(original.width * original.height, 4);
  }));
});

Deno.test("minimumAreaRectangle holds every point, and is no larger than the upright box", () => {
  fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (points) => {
    const { center: [x, y], width, height, angle } = minimumAreaRectangle(convexHull(points));
    for (const [px, py] of points) {
      const along = (px - x) * Math.cos(angle) + (py - y) * Math.sin(angle);
      const across = (py - y) * Math.cos(angle) - (px - x) * Math.sin(angle);
      expect(Math.abs(along)).toBeLessThanOrEqual(width / 2 + 1e-6);
      expect(Math.abs(across)).toBeLessThanOrEqual(height / 2 + 1e-6);
    }
    const extent = (values: number[]) => Math.max(...values) - Math.min(...values);
    const upright = extent(points.map(([px]) => px)) * extent(points.map(([, py]) => py));
    expect(width * height).toBeLessThanOrEqual(upright + 1e-6);
  }));
});

Deno.test("minimumAreaRectangle refuses no points", () => {
  expect(() => minimumAreaRectangle([])).toThrow(RangeError);
});

Deno.test("levelRectangle describes the same rectangle with an angle within 45 degrees", () => {
  fc.assert(fc.property(rectangle, (original) => {
    const level = levelRectangle(original);
    expect(Math.abs(level.angle)).toBeLessThanOrEqual(Math.PI / 4 + 1e-9);
    const overlap = quadrilateralOverlap(rectangleCorners(original), rectangleCorners(level));
    expect(overlap).toBeCloseTo(1, 6);
  }));
});

Deno.test("toRectangle is the inverse of rectangleCorners", () => {
  const original: RotatedRectangle = { center: [30, 20], width: 40, height: 10, angle: 0.3 };
  const { center, width, height, angle } = toRectangle(rectangleCorners(original));
  expect([...center, width, height, angle].map((value) => value.toFixed(6)))
    .toEqual([30, 20, 40, 10, 0.3].map((value) => value.toFixed(6)));
});

Deno.test("quadrilateralOverlap measures shifted squares", () => {
  const square = (x: number, y: number) =>
    rectangleCorners({ center: [x, y], width: 10, height: 10, angle: 0 });
  expect(quadrilateralOverlap(square(0, 0), square(5, 0))).toBeCloseTo(1 / 3, 9);
  expect(quadrilateralOverlap(square(0, 0), square(5, 5))).toBeCloseTo(25 / 175, 9);
  expect(quadrilateralOverlap(square(0, 0), square(20, 0))).toBe(0);
});

Deno.test("quadrilateralOverlap is symmetric and between 0 and 1", () => {
  fc.assert(fc.property(rectangle, rectangle, (first, second) => {
    const [a, b] = [rectangleCorners(first), rectangleCorners(second)];
    const overlap = quadrilateralOverlap(a, b);
    expect(overlap).toBeGreaterThanOrEqual(0);
    expect(overlap).toBeLessThanOrEqual(1);
    expect(quadrilateralOverlap(b, a)).toBeCloseTo(overlap, 6);
  }));
});
