/**
 * Plane geometry of text lines: hulls, smallest rectangles, quadrilaterals.
 *
 * @module
 */

import type { Point } from "../protocol/geometry.ts";

/** Four corners, clockwise from the top left of the text (y points down). */
export type Quadrilateral = [Point, Point, Point, Point];

/** A rectangle that may be turned, in pixels. */
export interface RotatedRectangle {
  /** Where its diagonals meet. */
  center: Point;
  /** Extent along the direction `angle`. */
  width: number;
  /** Extent across it. */
  height: number;
  /** Direction of the side of length `width`, in radians, clockwise from the x axis (y points down). */
  angle: number;
}

/**
 * Finds the convex hull of a set of points.
 *
 * Andrew's monotone chain (Andrew 1979, "Another efficient algorithm for convex hulls in two dimensions").
 *
 * @returns Its corners in order; fewer than three where the points lie on one line.
 */
export function convexHull(points: readonly Point[]): Point[] {
  const sorted = points.toSorted(([ax, ay], [bx, by]) => ax - bx || ay - by);
  if (sorted.length < 3) return sorted;
  return [...halfHull(sorted), ...halfHull(sorted.toReversed())];
}

/** The last point is left out, since the other half starts with it. */
function halfHull(sorted: readonly Point[]): Point[] {
  const chain: Point[] = [];
  for (const point of sorted) {
    while (chain.length >= 2 && cross(chain.at(-2), chain.at(-1), point) <= 0) chain.pop();
    chain.push(point);
  }
  chain.pop();
  return chain;
}

function cross(origin: Point = [0, 0], a: Point = [0, 0], b: Point = [0, 0]): number {
  return (a[0] - origin[0]) * (b[1] - origin[1]) - (a[1] - origin[1]) * (b[0] - origin[0]);
}

/**
 * Finds the rectangle of the smallest area around a convex hull.
 *
 * One of its sides lies on a side of the hull (Freeman and Shapira 1975), so each is tried.
 *
 * @param hull Corners in order, at least one.
 * @throws {RangeError} If `hull` is empty.
 */
export function minimumAreaRectangle(hull: readonly Point[]): RotatedRectangle {
  const [first] = hull;
  if (first === undefined) throw new RangeError("Cannot enclose no points in a rectangle");
  let best: RotatedRectangle | undefined;
  hull.forEach(([x, y], index) => {
    const [nextX, nextY] = hull[(index + 1) % hull.length] ?? first;
    const rectangle = encloseAt(hull, Math.atan2(nextY - y, nextX - x));
    if (best === undefined || rectangle.width * rectangle.height < best.width * best.height) {
      best = rectangle;
    }
  });
  return best ?? encloseAt(hull, 0);
}

/**
 * Encloses points in a rectangle of a given direction.
 *
 * @param angle Direction of the side of length `width`, in radians.
 */
export function encloseAt(points: readonly Point[], angle: number): RotatedRectangle {
  const cos = Math.cos(angle);
  const sin = Math.sin(angle);
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (const [x, y] of points) {
    const along = x * cos + y * sin;
    const across = y * cos - x * sin;
    left = Math.min(left, along);
    right = Math.max(right, along);
    top = Math.min(top, across);
    bottom = Math.max(bottom, across);
  }
  const along = (left + right) / 2;
  const across = (top + bottom) / 2;
  return {
    center: [along * cos - across * sin, along * sin + across * cos],
    width: right - left,
    height: bottom - top,
    angle,
  };
}

/** Grows a rectangle by the same length on each side. */
export function growRectangle(rectangle: RotatedRectangle, margin: number): RotatedRectangle {
  const { width, height } = rectangle;
  return { ...rectangle, width: width + 2 * margin, height: height + 2 * margin };
}

/** Describes a quadrilateral with parallel sides. */
export function toRectangle(corners: Quadrilateral): RotatedRectangle {
  const center = quadrilateralCenter(corners);
  return { center, ...measureQuadrilateral(corners) };
}

/** Turns the description of a rectangle, not the rectangle, so that `angle` is within ±45°. */
export function levelRectangle(rectangle: RotatedRectangle): RotatedRectangle {
  const quarters = Math.round(rectangle.angle / (Math.PI / 2));
  const angle = rectangle.angle - quarters * (Math.PI / 2);
  const { center, width, height } = rectangle;
  return quarters % 2 === 0
    ? { center, width, height, angle }
    : { center, width: height, height: width, angle };
}

/** The corners of a rectangle, clockwise from where its two axes both start. */
export function rectangleCorners(
  { center: [x, y], width, height, angle }: RotatedRectangle,
): Quadrilateral {
  const alongX = Math.cos(angle) * width / 2;
  const alongY = Math.sin(angle) * width / 2;
  const acrossX = -Math.sin(angle) * height / 2;
  const acrossY = Math.cos(angle) * height / 2;
  return [
    [x - alongX - acrossX, y - alongY - acrossY],
    [x + alongX - acrossX, y + alongY - acrossY],
    [x + alongX + acrossX, y + alongY + acrossY],
    [x - alongX + acrossX, y - alongY + acrossY],
  ];
}

/**
 * Describes the same quadrilateral from another corner.
 *
 * @param quarters Quarter turns, clockwise, of the direction in which its text runs: 1 for text that runs downwards
 * in a box given from its top left, 2 for upside-down text, 3 for text that runs upwards.
 */
export function turnCorners(corners: Quadrilateral, quarters: number): Quadrilateral {
  const corner = (index: number): Point => corners[(index + quarters) % 4] ?? corners[0];
  return [corner(0), corner(1), corner(2), corner(3)];
}

/** The lengths of a quadrilateral's upper and left sides, and the direction of the upper one. */
export function measureQuadrilateral(
  [topLeft, topRight, , bottomLeft]: Quadrilateral,
): { width: number; height: number; angle: number } {
  return {
    width: Math.hypot(topRight[0] - topLeft[0], topRight[1] - topLeft[1]),
    height: Math.hypot(bottomLeft[0] - topLeft[0], bottomLeft[1] - topLeft[1]),
    angle: Math.atan2(topRight[1] - topLeft[1], topRight[0] - topLeft[0]),
  };
}

/** The middle of a quadrilateral. */
export function quadrilateralCenter([a, b, c, d]: Quadrilateral): Point {
  return [(a[0] + b[0] + c[0] + d[0]) / 4, (a[1] + b[1] + c[1] + d[1]) / 4];
}

/**
 * Measures how much two convex quadrilaterals overlap.
 *
 * One is clipped by each side of the other (Sutherland and Hodgman 1974, "Reentrant polygon clipping").
 *
 * @returns Their intersection over their union, between 0 and 1; 0 where one has no area.
 */
export function quadrilateralOverlap(a: Quadrilateral, b: Quadrilateral): number {
  let clipped: Point[] = [...a];
  b.forEach((from, index) => {
    const to = b[(index + 1) % b.length] ?? from;
    clipped = clipped.flatMap((point, i) => clipSide(clipped.at(i - 1) ?? point, point, from, to));
  });
  const intersection = polygonArea(clipped);
  const union = polygonArea(a) + polygonArea(b) - intersection;
  return union > 0 ? Math.min(1, intersection / union) : 0;
}

/** The part of the side from `previous` to `point` on the inner side of a line, but for its start. */
function clipSide(previous: Point, point: Point, from: Point, to: Point): Point[] {
  const [before, after] = [cross(from, to, previous), cross(from, to, point)];
  const kept: Point[] = after >= 0 ? [point] : [];
  if (before >= 0 === after >= 0) return kept;
  const share = before / (before - after);
  return [[
    previous[0] + (point[0] - previous[0]) * share,
    previous[1] + (point[1] - previous[1]) * share,
  ], ...kept];
}

/** The shoelace formula. */
function polygonArea(points: readonly Point[]): number {
  const [origin] = points;
  const twice = points.reduce(
    (sum, point, index) => sum + cross(origin, point, points[(index + 1) % points.length]),
    0,
  );
  return Math.abs(twice) / 2;
}
