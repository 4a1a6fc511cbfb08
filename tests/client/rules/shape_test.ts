import { expect } from "expect";
import fc from "fast-check";
import {
  addCorner,
  clampPoint,
  movePoint,
  placeForCorner,
  removePoint,
} from "../../../lib/client/rules/shape.ts";
import type { PicturePoint } from "../../../lib/protocol/rule.ts";

const share = fc.double({ min: 0, max: 1, noNaN: true });
const point = fc.tuple(share, share).map(clampPoint);
const anywhere = fc.tuple(
  fc.double({ min: -9, max: 9, noNaN: true }),
  fc.double({ min: -9, max: 9, noNaN: true }),
);
const aspect = fc.double({ min: 0.2, max: 5, noNaN: true });

Deno.test("points stay in the picture, wherever they are moved", () => {
  fc.assert(fc.property(fc.array(point, { minLength: 1, maxLength: 9 }), anywhere, (points, to) => {
    const moved = movePoint(points, points.length - 1, to);
    expect(moved.slice(0, -1)).toEqual(points.slice(0, -1));
    for (const value of moved[points.length - 1] ?? []) {
      expect(value).toBeGreaterThanOrEqual(0);
      expect(value).toBeLessThanOrEqual(1);
    }
  }));
});

Deno.test("a new corner leaves the others in their order", () => {
  fc.assert(
    fc.property(fc.array(point, { maxLength: 9 }), anywhere, aspect, (points, to, ratio) => {
      const { points: all, index } = addCorner(points, to, ratio);
      expect(all[index]).toEqual(clampPoint(to));
      expect(removePoint(all, index)).toEqual(points);
    }),
  );
});

Deno.test("a corner beside an edge goes between its ends", () => {
  const square: PicturePoint[] = [[0.2, 0.2], [0.8, 0.2], [0.8, 0.8], [0.2, 0.8]];
  expect(addCorner(square, [0.5, 0.1], 1).index).toBe(1);
  expect(addCorner(square, [0.9, 0.5], 1).index).toBe(2);
  expect(addCorner(square, [0.5, 0.9], 1).index).toBe(3);
  expect(addCorner(square, [0.1, 0.5], 1).index).toBe(4);
});

Deno.test("corners that are asked for without a place make a zone that does not cross itself", () => {
  let points: PicturePoint[] = [];
  for (let round = 0; round < 3; round++) {
    points = addCorner(points, placeForCorner(points, 1.5), 1.5).points;
  }
  expect(points).toEqual([[0.25, 0.25], [0.75, 0.25], [0.75, 0.75]]);
  // In a picture that is half as wide again as it is high, the diagonal is the longest.
  const place = placeForCorner(points, 1.5);
  expect(place).toEqual([0.5, 0.5]);
  expect(addCorner(points, place, 1.5).points).toEqual([...points, [0.5, 0.5]]);
});
