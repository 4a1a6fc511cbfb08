/** Masks as the post-processing of Ultralytics 8.4 makes them, and how far outlines are from them. @module */

import type { Corners } from "../../lib/image/boxes.ts";
import type { Size } from "../../lib/image/size.ts";
import type { Tensor } from "../../lib/onnx/onnxruntime.ts";
import type { Point } from "../../lib/protocol/geometry.ts";

const clip = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/**
 * `process_mask` with `upsample=True`: prototypes are summed up, enlarged to the input (bilinear, by centres), cut at 0, and cut to
 * the pixels whose upper left corners lie in the box.
 *
 * @returns 1 or 0 for each pixel of the input, row by row
 */
export function plainMask(
  extras: readonly number[],
  { data, dims }: Pick<Tensor, "data" | "dims">,
  { box, size }: { box: Corners; size: Size },
): Uint8Array {
  const [, count = 0, rows = 0, columns = 0] = dims;
  const sums = Array.from({ length: rows * columns }, (_, cell) => {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      sum += (extras[index] ?? 0) * Number(data[index * rows * columns + cell]);
    }
    return sum;
  });
  const at = (column: number, row: number) =>
    sums[Math.min(row, rows - 1) * columns + Math.min(column, columns - 1)] ?? 0;
  return Uint8Array.from({ length: size.width * size.height }, (_, place) => {
    const [x, y] = [place % size.width, Math.floor(place / size.width)];
    if (x < box.left || x >= box.right || y < box.top || y >= box.bottom) return 0;
    const u = clip((x + 0.5) * columns / size.width - 0.5, columns - 1);
    const v = clip((y + 0.5) * rows / size.height - 0.5, rows - 1);
    const [c, r] = [Math.floor(u), Math.floor(v)];
    const upper = at(c, r) * (1 - u + c) + at(c + 1, r) * (u - c);
    const lower = at(c, r + 1) * (1 - u + c) + at(c + 1, r + 1) * (u - c);
    return upper * (1 - v + r) + lower * (v - r) > 0 ? 1 : 0;
  });
}

const BESIDE: readonly Point[] = [[1, 0], [-1, 0], [0, 1], [0, -1]];
const AROUND: readonly Point[] = [...BESIDE, [1, 1], [-1, -1], [1, -1], [-1, 1]];

/** All places that can be reached from one, by steps to places of the same value. */
function reach(values: Uint8Array, start: number, steps: readonly Point[], width: number) {
  const reached = new Set([start]);
  for (const place of reached) {
    for (const [dx, dy] of steps) {
      const column = place % width + dx;
      const next = place + dx + dy * width;
      const isBeside = column >= 0 && column < width && next >= 0 && next < values.length;
      if (isBeside && values[next] === values[start]) reached.add(next);
    }
  }
  return reached;
}

/**
 * The parts of a mask whose outer contours, as `cv2.findContours` finds them, enclose most pixels; without their holes.
 *
 * @param content Where parts have to have a pixel
 * @returns The largest, and those that may be as large: how large one is depends on where between the centres of pixels it ends
 */
export function largestParts(
  mask: Uint8Array,
  { size: { width, height }, content }: { size: Size; content: Corners },
): Uint8Array[] {
  const parts: { filled: Uint8Array; area: number; slack: number }[] = [];
  const seen = new Set<number>();
  // Around the mask there is a way past it.
  const wide = width + 2;
  for (let start = 0; start < mask.length; start++) {
    if (mask[start] === 0 || seen.has(start)) continue;
    const part = reach(mask, start, AROUND, width);
    const framed = new Uint8Array(wide * (height + 2));
    for (const place of part) {
      seen.add(place);
      framed[(Math.floor(place / width) + 1) * wide + place % width + 1] = 1;
    }
    const outside = reach(framed, 0, BESIDE, wide);
    const filled = mask.map((_, place) =>
      outside.has((Math.floor(place / width) + 1) * wide + place % width + 1) ? 0 : 1
    );
    if (!hasPixelIn(filled, content, width)) continue;
    const area = filled.reduce((sum, value) => sum + value, 0);
    parts.push({ filled, area, slack: edgesOf(filled, { width, height }).length / 2 });
  }
  const most = Math.max(...parts.map(({ area, slack }) => area - slack));
  return parts.filter(({ area, slack }) => area + slack >= most).map(({ filled }) => filled);
}

function hasPixelIn(mask: Uint8Array, { left, top, right, bottom }: Corners, width: number) {
  return mask.some((value, place) => {
    const [x, y] = [place % width, Math.floor(place / width)];
    return value === 1 && x >= left && x < right && y >= top && y < bottom;
  });
}

/** From one point to another. */
export type Line = readonly [from: Point, to: Point];

/** The sides of pixels of a mask that lie between it and what is outside. */
function edgesOf(mask: Uint8Array, { width, height }: Size): Line[] {
  const at = (x: number, y: number) =>
    x >= 0 && x < width && y >= 0 && y < height && mask[y * width + x];
  const edges: Line[] = [];
  mask.forEach((value, place) => {
    if (value === 0) return;
    const [x, y] = [place % width, Math.floor(place / width)];
    if (!at(x, y - 1)) edges.push([[x, y], [x + 1, y]]);
    if (!at(x, y + 1)) edges.push([[x, y + 1], [x + 1, y + 1]]);
    if (!at(x - 1, y)) edges.push([[x, y], [x, y + 1]]);
    if (!at(x + 1, y)) edges.push([[x + 1, y], [x + 1, y + 1]]);
  });
  return edges;
}

/** How far a point is from the nearest of some lines. */
export function distanceTo([x, y]: Point, lines: readonly Line[]): number {
  let least = Infinity;
  for (const [[ax, ay], [bx, by]] of lines) {
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const along = length === 0 ? 0 : clip(((x - ax) * dx + (y - ay) * dy) / length, 1);
    least = Math.min(least, Math.hypot(ax + along * dx - x, ay + along * dy - y));
  }
  return least;
}

/** The lines from point to point of a polygon. */
export function sidesOf(polygon: readonly Point[]): Line[] {
  return polygon.map((point, index) => [polygon.at(index - 1) ?? point, point]);
}

/** Points on a line, at most a quarter of a pixel apart. */
function pointsOn([[ax, ay], [bx, by]]: Line): Point[] {
  const count = Math.max(1, Math.ceil(4 * Math.hypot(bx - ax, by - ay)));
  return Array.from(
    { length: count + 1 },
    (_, index): Point => [ax + (bx - ax) * index / count, ay + (by - ay) * index / count],
  );
}

/**
 * Hausdorff distance between a polygon and the edge of a mask, in pixels; 0 if both are empty, infinite if one is.
 *
 * @param content What the edge is clipped to, each point to the nearest, as `scale_coords` does
 */
export function outlineDistance(
  polygon: readonly Point[],
  mask: Uint8Array,
  { size, content }: { size: Size; content: Corners },
): number {
  const clipped = ([x, y]: Point): Point => [
    Math.max(content.left, clip(x, content.right)),
    Math.max(content.top, clip(y, content.bottom)),
  ];
  const edges = edgesOf(mask, size).map(([from, to]): Line => [clipped(from), clipped(to)]);
  const sides = sidesOf(polygon);
  const furthest = (from: readonly Line[], to: readonly Line[]) =>
    from.flatMap(pointsOn).reduce((most, point) => Math.max(most, distanceTo(point, to)), 0);
  return Math.max(furthest(sides, edges), furthest(edges, sides));
}
