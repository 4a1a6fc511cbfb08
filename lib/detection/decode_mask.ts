/** Decodes the masks of segmentation networks (Bolya et al. 2019, "YOLACT"). @module */

import type { Corners } from "../image/boxes.ts";
import { type Letterbox, toImagePoint } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import type { Point } from "../protocol/geometry.ts";
import type { OutputTensor } from "./heads/head.ts";
import { reducePolygon } from "./reduce_polygon.ts";
import { type Field, signedArea, traceOutlines } from "./trace_outline.ts";

/** Most points of an outline. */
export const MOST_POINTS = 200;

/** Area of a triangle that is worth a point of the outline, in square pixels of the input. */
const LEAST_AREA = 0.25;

/** How far apart values are looked at, in pixels of the input: between the cells of the prototypes, outlines are curved. */
const STEP = 2;

/** What a mask is decoded from. */
export interface MaskParts {
  /** In pixels of the input; the mask ends there. */
  box: Corners;
  /** One for each prototype. */
  coefficients: Float32Array;
  /** `[1, coefficients, h, w]`, over the whole input. */
  prototypes: OutputTensor;
  /** Size of the input, in pixels. */
  input: Size;
  /** Where the image lies within the input; the mask ends there, too. */
  letterbox: Letterbox;
}

/**
 * Decodes a mask to the outline of its largest part, without holes.
 *
 * The mask is where the sum of the prototypes, each times its coefficient, is above 0; between the cells of the prototypes sums are
 * interpolated, so that the outline is finer than these.
 *
 * @returns In pixels of the image, rounded to 0.1, clockwise, at most {@linkcode MOST_POINTS} points; `undefined` where the mask is
 * empty
 */
export function decodeMask({ letterbox, ...parts }: MaskParts): Point[] | undefined {
  const { input } = parts;
  const box = clipToContent(parts.box, letterbox);
  if (!(box.right > box.left && box.bottom > box.top)) return undefined;
  const [, , rows = 0, columns = 0] = parts.prototypes.dims;
  const scale = { x: columns / input.width, y: rows / input.height };
  const field = sumField(parts, {
    left: box.left * scale.x - 0.5,
    top: box.top * scale.y - 0.5,
    right: box.right * scale.x - 0.5,
    bottom: box.bottom * scale.y - 0.5,
  });
  const outline = largest(traceOutlines(field));
  const points = outline?.map(([x, y]): Point => [(x + 0.5) / scale.x, (y + 0.5) / scale.y]);
  if (points === undefined) return undefined;
  const mask = withoutRepeats(
    reducePolygon(points, MOST_POINTS, LEAST_AREA)
      .map((point) => toImagePoint(point, letterbox, "clipped")),
  );
  return mask.length >= 3 ? mask : undefined;
}

function clipToContent(box: Corners, { content, left, top }: Letterbox): Corners {
  return {
    left: Math.max(box.left, left),
    top: Math.max(box.top, top),
    right: Math.min(box.right, left + content.width),
    bottom: Math.min(box.bottom, top + content.height),
  };
}

/**
 * Sums up the prototypes within a box: at each of their cells, between them, and on the sides of the box.
 *
 * @param box In cells, of which the first has its centre at 0
 */
function sumField(
  { coefficients, prototypes, input }: Omit<MaskParts, "box" | "letterbox">,
  box: Corners,
): Field {
  const [, , rows = 0, columns = 0] = prototypes.dims;
  const within = (value: number, count: number) => Math.min(Math.max(value, 0), count - 1);
  const first = {
    column: within(Math.floor(box.left), columns),
    row: within(Math.floor(box.top), rows),
  };
  const width = within(Math.ceil(box.right), columns) - first.column + 1;
  const height = within(Math.ceil(box.bottom), rows) - first.row + 1;
  const sums = new Float32Array(width * height);
  coefficients.forEach((coefficient, index) => {
    for (let row = 0; row < height; row++) {
      const start = (index * rows + first.row + row) * columns + first.column;
      for (let column = 0; column < width; column++) {
        const at = row * width + column;
        sums[at] = (sums[at] as number) +
          coefficient * (prototypes.data[start + column] as number);
      }
    }
  });
  const parts = Math.max(1, Math.ceil(input.width / columns / STEP));
  const xs = placesBetween(box.left, box.right, parts);
  const ys = placesBetween(box.top, box.bottom, parts);
  const values = new Float32Array(xs.length * ys.length);
  ys.forEach((y, row) => {
    const v = within(y, rows) - first.row;
    xs.forEach((x, column) => {
      const u = within(x, columns) - first.column;
      values[row * xs.length + column] = interpolate(sums, width, u, v);
    });
  });
  return { xs, ys, values };
}

/** Two ends, and between them every cell, and so many places from each to the next. */
function placesBetween(start: number, end: number, parts: number): number[] {
  const first = Math.floor(start * parts) + 1;
  const length = Math.max(0, Math.ceil(end * parts) - first);
  return [start, ...Array.from({ length }, (_, index) => (first + index) / parts), end];
}

/** The value at a place between four cells of a grid that begins at 0. */
function interpolate(grid: Float32Array, width: number, x: number, y: number): number {
  const [column, row] = [Math.floor(x), Math.floor(y)];
  const [right, below] = [x - column, y - row];
  const start = row * width + column;
  const at = (index: number) => grid[index] ?? 0;
  const mix = (a: number, b: number, share: number) => share === 0 ? a : a + (b - a) * share;
  return mix(
    mix(at(start), at(start + 1), right),
    mix(at(start + width), at(start + width + 1), right),
    below,
  );
}

function largest(outlines: readonly Point[][]): Point[] | undefined {
  let best: Point[] | undefined;
  let most = 0;
  for (const outline of outlines) {
    const area = signedArea(outline);
    if (area > most) [best, most] = [outline, area];
  }
  return best;
}

/** Leaves out points that rounding has brought to where the one before is. */
function withoutRepeats(points: readonly Point[]): Point[] {
  return points.filter(([x, y], index) => {
    const [beforeX, beforeY] = points.at(index - 1) as Point;
    return x !== beforeX || y !== beforeY;
  });
}
