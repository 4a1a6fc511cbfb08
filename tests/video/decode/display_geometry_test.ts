import { expect } from "expect";
import fc from "fast-check";
import {
  displaySize,
  fitWithin,
  placeWithin,
  readDisplayMatrix,
} from "../../../lib/video/decode/display_geometry.ts";

const ONE = 65536;

/** A display matrix that maps `(x, y)` to `(a·x + c·y, b·x + d·y)`. */
function matrix(a: number, b: number, c: number, d: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(36));
  for (const [index, value] of [a, b, 0, c, d, 0, 0, 0, 1 << 30].entries()) {
    view.setInt32(index * 4, value, true);
  }
  return new Uint8Array(view.buffer);
}

const side = fc.integer({ min: 1, max: 10_000 });
const size = fc.record({ width: side, height: side });

Deno.test("readDisplayMatrix knows the eight quarter turns and mirrorings", () => {
  const filters = (...values: [number, number, number, number]) =>
    readDisplayMatrix(matrix(...values)).filters.map(([name, args]) => args ?? name);
  expect(filters(ONE, 0, 0, ONE)).toEqual([]);
  expect(filters(-ONE, 0, 0, ONE)).toEqual(["hflip"]);
  expect(filters(ONE, 0, 0, -ONE)).toEqual(["vflip"]);
  expect(filters(-ONE, 0, 0, -ONE)).toEqual(["hflip", "vflip"]);
  expect(filters(0, ONE, -ONE, 0)).toEqual(["dir=clock"]);
  expect(filters(0, -ONE, ONE, 0)).toEqual(["dir=cclock"]);
  expect(filters(0, ONE, ONE, 0)).toEqual(["dir=cclock_flip"]);
  expect(filters(0, -ONE, -ONE, 0)).toEqual(["dir=clock_flip"]);
});

Deno.test("readDisplayMatrix leaves images alone without a matrix, or with an odd one", () => {
  for (const odd of [null, new Uint8Array(8), matrix(0, 0, 0, 0), matrix(ONE, 5, -5, ONE)]) {
    expect(readDisplayMatrix(odd)).toEqual({ transposed: false, filters: [] });
  }
});

Deno.test("displaySize applies the shape of the pixels before it turns", () => {
  const turned = readDisplayMatrix(matrix(0, ONE, -ONE, 0));
  expect(displaySize({ width: 1440, height: 1080 }, 4 / 3, turned)).toEqual({
    width: 1080,
    height: 1920,
  });
  const upright = readDisplayMatrix(null);
  for (const aspect of [NaN, 0, Infinity, 1000]) {
    expect(displaySize({ width: 64, height: 48 }, aspect, upright)).toEqual({
      width: 64,
      height: 48,
    });
  }
});

Deno.test("fitWithin never exceeds the limit nor the size itself, and keeps the shape", () => {
  fc.assert(fc.property(size, size, (original, limit) => {
    const fitted = fitWithin(original, limit);
    expect(fitted.width).toBeLessThanOrEqual(Math.min(original.width, limit.width));
    expect(fitted.height).toBeLessThanOrEqual(Math.min(original.height, limit.height));
    expect(Math.min(fitted.width, fitted.height)).toBeGreaterThanOrEqual(1);
    const scale = Math.min(1, limit.width / original.width, limit.height / original.height);
    expect(Math.abs(fitted.width - original.width * scale)).toBeLessThanOrEqual(1);
    expect(Math.abs(fitted.height - original.height * scale)).toBeLessThanOrEqual(1);
  }));
});

Deno.test("placeWithin puts an image in the middle of a canvas, in its own shape", () => {
  const even = fc.integer({ min: 1, max: 1000 }).map((half) => 2 * half);
  const canvas = fc.record({ width: even, height: even });
  fc.assert(fc.property(size, canvas, (image, canvas) => {
    const { left, top, width, height } = placeWithin(image, canvas);
    expect([left, top].every((start) => start >= 0 && start % 2 === 0)).toBe(true);
    expect(left + width).toBeLessThanOrEqual(canvas.width);
    expect(top + height).toBeLessThanOrEqual(canvas.height);
    expect(Math.abs(canvas.width - width - 2 * left)).toBeLessThanOrEqual(2);
    expect(Math.abs(canvas.height - height - 2 * top)).toBeLessThanOrEqual(2);
    const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
    expect(Math.abs(width - image.width * scale)).toBeLessThan(4);
    expect(Math.abs(height - image.height * scale)).toBeLessThan(4);
  }));
});

Deno.test("placeWithin fills a canvas of the image's shape, give or take a pixel", () => {
  fc.assert(fc.property(size, (image) => {
    fc.pre(image.width > 2 && image.height > 2);
    const even = ({ width, height }: typeof image) => ({
      width: width - width % 2,
      height: height - height % 2,
    });
    const canvas = even(image);
    expect(placeWithin(canvas, canvas)).toEqual({ left: 0, top: 0, ...canvas });
  }));
  const canvas = { width: 640, height: 480 };
  expect(placeWithin({ width: 641, height: 481 }, canvas)).toEqual({ left: 0, top: 0, ...canvas });
});
