import { expect } from "expect";
import fc from "fast-check";
import { type Candidate, suppressTurned } from "../../lib/detection/non_maximum_suppression.ts";
import { signedArea } from "../../lib/detection/trace_outline.ts";
import {
  enclose,
  polygonOf,
  probabilisticOverlap,
  type TurnedBox,
} from "../../lib/detection/turned_box.ts";

const side = fc.double({ min: 4, max: 200, noNaN: true });
const place = fc.double({ min: -50, max: 50, noNaN: true });
const angle = fc.double({ min: -Math.PI / 4, max: Math.PI * 3 / 4, noNaN: true });
const boxes = fc.record({ x: place, y: place, width: side, height: side, angle });

Deno.test("a turned box keeps its centre, its sides and its area, and lies within what encloses it", () => {
  fc.assert(fc.property(boxes, (box) => {
    const polygon = polygonOf(box);
    const [a, b, c, d] = polygon;
    expect((a[0] + c[0]) / 2).toBeCloseTo(box.x, 6);
    expect((b[1] + d[1]) / 2).toBeCloseTo(box.y, 6);
    expect(Math.hypot(a[0] - b[0], a[1] - b[1])).toBeCloseTo(box.height, 6);
    expect(Math.hypot(b[0] - c[0], b[1] - c[1])).toBeCloseTo(box.width, 6);
    expect(Math.abs(signedArea(polygon))).toBeCloseTo(box.width * box.height, 4);
    const { left, top, right, bottom } = enclose(polygon);
    const [cos, sin] = [Math.abs(Math.cos(box.angle)), Math.abs(Math.sin(box.angle))];
    expect(right - left).toBeCloseTo(box.width * cos + box.height * sin, 6);
    expect(bottom - top).toBeCloseTo(box.width * sin + box.height * cos, 6);
  }));
});

Deno.test("turned boxes overlap as much one way as the other, wholly with themselves, and alike if turned by half", () => {
  fc.assert(fc.property(boxes, boxes, (a, b) => {
    const overlap = probabilisticOverlap(a, b);
    expect(overlap).toBeGreaterThanOrEqual(0);
    expect(overlap).toBeLessThanOrEqual(1);
    expect(probabilisticOverlap(b, a)).toBeCloseTo(overlap, 6);
    expect(probabilisticOverlap(a, a)).toBeGreaterThan(0.99);
    expect(probabilisticOverlap({ ...a, angle: a.angle + Math.PI }, b)).toBeCloseTo(overlap, 6);
    const turned = { ...a, width: a.height, height: a.width, angle: a.angle + Math.PI / 2 };
    expect(probabilisticOverlap(turned, b)).toBeCloseTo(overlap, 6);
  }));
});

Deno.test("the overlap of turned boxes is that which Ultralytics computes", () => {
  // From batch_probiou of ultralytics 8.4.190.
  const box = (x: number, y: number, width: number, height: number, angle: number): TurnedBox => ({
    ...{ x, y, width, height, angle },
  });
  VALUES.forEach(([a, b, expected]) => {
    expect(probabilisticOverlap(box(...a), box(...b))).toBeCloseTo(expected, 4);
  });
});

type Numbers = [number, number, number, number, number];
const VALUES: [Numbers, Numbers, number][] = [
  [[10, 20, 30, 10, 0.3], [12, 18, 28, 14, 0.5], 0.67016],
  [[0, 0, 90, 10, 0.785], [0, 0, 90, 10, -0.785], 0.11655],
  [[5, 5, 20, 20, 0], [25, 9, 20, 20, 0.2], 0.11126],
  [[100, 40, 60, 20, 2.1], [104, 44, 50, 25, -0.6], 0.59668],
  [[0, 0, 10, 10, 0], [200, 0, 10, 10, 0], -0.00000],
];

Deno.test("of crossed boxes of one class both stay, though their upright boxes are the same", () => {
  const crossed = [Math.PI / 4, -Math.PI / 4].map((angle, index): Candidate => {
    const turned = { x: 50, y: 50, width: 90, height: 10, angle };
    return { ...enclose(polygonOf(turned)), turned, classId: 0, score: 0.9 - index / 10 };
  });
  expect(suppressTurned(crossed, 0.45)).toHaveLength(2);
  const [first] = crossed as [Candidate];
  const again = { ...first, score: 0.5 };
  expect(suppressTurned([again, ...crossed], 0.45)).not.toContain(again);
  const other = { ...again, classId: 1 };
  expect(suppressTurned([other, ...crossed], 0.45)).toContain(other);
});
