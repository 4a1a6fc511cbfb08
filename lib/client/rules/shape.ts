/** Corners of a zone and ends of a line, as people move them about on a picture. */

import type { PicturePoint } from "../../protocol/rule.ts";

/** Digits behind the point of what is kept: a tenth of a pixel of a 4K picture. */
const DIGITS = 4;

/** The point within the picture that is nearest to one that may lie beside it. */
export function clampPoint([x, y]: readonly [number, number]): PicturePoint {
  return [clampShare(x), clampShare(y)];
}

function clampShare(share: number): number {
  return Number(Math.min(1, Math.max(0, share)).toFixed(DIGITS));
}

/** The shape with one of its points moved to another place. */
export function movePoint(
  points: readonly PicturePoint[],
  index: number,
  to: readonly [number, number],
): PicturePoint[] {
  return points.map((point, each) => each === index ? clampPoint(to) : point);
}

/** The shape without one of its points. */
export function removePoint(points: readonly PicturePoint[], index: number): PicturePoint[] {
  return points.filter((_point, each) => each !== index);
}

/**
 * The shape with one more point: at the end of a zone's first corners, which make no area yet, and else on the edge that is
 * nearest to it, so that no edge crosses another where it need not.
 *
 * @param aspect Width of the picture over its height.
 * @returns Where the new point is among the others, too.
 */
export function addCorner(
  points: readonly PicturePoint[],
  to: readonly [number, number],
  aspect: number,
): { points: PicturePoint[]; index: number } {
  const corner = clampPoint(to);
  const index = points.length < 3 ? points.length : nearestEdge(points, corner, aspect) + 1;
  return { points: [...points.slice(0, index), corner, ...points.slice(index)], index };
}

/** Where a corner goes that was asked for without a place: the middle of the longest edge. */
export function placeForCorner(points: readonly PicturePoint[], aspect: number): PicturePoint {
  const [first, second, third] = [[0.25, 0.25], [0.75, 0.25], [0.75, 0.75]] as const;
  if (points.length < 3) return clampPoint([first, second, third][points.length] ?? first);
  const edges = points.map((from, index): [PicturePoint, PicturePoint] => [
    from,
    points[(index + 1) % points.length] ?? from,
  ]);
  const [[[ax, ay], [bx, by]]] = edges.sort((a, b) => length(b, aspect) - length(a, aspect)) as [
    [PicturePoint, PicturePoint],
  ];
  return clampPoint([(ax + bx) / 2, (ay + by) / 2]);
}

function length([[ax, ay], [bx, by]]: [PicturePoint, PicturePoint], aspect: number): number {
  return Math.hypot((bx - ax) * aspect, by - ay);
}

function nearestEdge(
  points: readonly PicturePoint[],
  corner: PicturePoint,
  aspect: number,
): number {
  const distances = points.map((from, index) =>
    distanceToEdge(corner, from, points[(index + 1) % points.length] ?? from, aspect)
  );
  return distances.indexOf(Math.min(...distances));
}

/** Distance of a point from a segment, in heights of the picture. */
function distanceToEdge(
  [px, py]: PicturePoint,
  [ax, ay]: PicturePoint,
  [bx, by]: PicturePoint,
  aspect: number,
): number {
  const [dx, dy] = [(bx - ax) * aspect, by - ay];
  const [ex, ey] = [(px - ax) * aspect, py - ay];
  const squared = dx * dx + dy * dy;
  const along = squared === 0 ? 0 : Math.min(1, Math.max(0, (ex * dx + ey * dy) / squared));
  return Math.hypot(ex - along * dx, ey - along * dy);
}
