/**
 * Where points lie beside zones and lines. All lengths are in one unit, such as pixels, the same in both directions.
 *
 * @module
 */

/** `[x, y]`, y downwards. */
export type Place = readonly [x: number, y: number];

/** Whether a polygon holds a point, by the even-odd rule: a ray from the point meets an odd number of its edges. */
export function holds(polygon: readonly Place[], [x, y]: Place): boolean {
  let isInside = false;
  let [ax, ay] = polygon.at(-1) ?? [0, 0];
  for (const [bx, by] of polygon) {
    if ((ay > y) !== (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay)) isInside = !isInside;
    [ax, ay] = [bx, by];
  }
  return isInside;
}

/** The edges of a polygon, the one that closes it included. */
export function edgesOf(polygon: readonly Place[]): [from: Place, to: Place][] {
  return polygon.map((from, index) => [from, polygon[(index + 1) % polygon.length] as Place]);
}

/** The area of a polygon that does not cross itself, 0 or above (Gauss's shoelace formula). */
export function areaOf(polygon: readonly Place[]): number {
  const twice = edgesOf(polygon).reduce((sum, [[ax, ay], [bx, by]]) => sum + ax * by - bx * ay, 0);
  return Math.abs(twice) / 2;
}

/** Distance of a point from the part of a line between two points. */
function distanceToSegment([x, y]: Place, [ax, ay]: Place, [bx, by]: Place): number {
  const [dx, dy] = [bx - ax, by - ay];
  const length = dx * dx + dy * dy;
  const along = length === 0 ? 0 : ((x - ax) * dx + (y - ay) * dy) / length;
  const share = Math.max(0, Math.min(1, along));
  return Math.hypot(x - ax - share * dx, y - ay - share * dy);
}

/**
 * Distance of a point from the line through two others: positive to the right-hand side of whoever goes from `a` to `b`, in a
 * picture whose y grows downwards; negative to the other.
 */
export function sideOf([ax, ay]: Place, [bx, by]: Place, [x, y]: Place): number {
  const [dx, dy] = [bx - ax, by - ay];
  return (dx * (y - ay) - dy * (x - ax)) / Math.hypot(dx, dy);
}

/** Whether two segments have a point in common. */
export function segmentsMeet(a: Place, b: Place, c: Place, d: Place): boolean {
  const [abc, abd] = [turn(a, b, c), turn(a, b, d)];
  const [cda, cdb] = [turn(c, d, a), turn(c, d, b)];
  if (abc * abd < 0 && cda * cdb < 0) return true;
  return abc === 0 && isBetween(a, b, c) || abd === 0 && isBetween(a, b, d) ||
    cda === 0 && isBetween(c, d, a) || cdb === 0 && isBetween(c, d, b);
}

/** Whether two edges of a polygon meet elsewhere than in the corner that they share. */
export function crossesItself(polygon: readonly Place[]): boolean {
  const edges = edgesOf(polygon);
  return edges.some(([a, b], first) =>
    edges.slice(first + 1).some(([c, d], after) => {
      const isNext = after === 0;
      const isLastAndFirst = first === 0 && first + 1 + after === edges.length - 1;
      if (isNext) return foldsBack(a, b, d);
      if (isLastAndFirst) return foldsBack(c, a, b);
      return segmentsMeet(a, b, c, d);
    })
  );
}

/**
 * About how deep inside a polygon a point can be: the largest distance from its edges among the points of a grid.
 *
 * @param edges Those that count as its border
 */
export function depthOf(polygon: readonly Place[], edges: readonly [Place, Place][]): number {
  const [xs, ys] = [polygon.map(([x]) => x), polygon.map(([, y]) => y)];
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  const [width, height] = [Math.max(...xs) - left, Math.max(...ys) - top];
  let deepest = 0;
  for (let row = 0; row < DEPTH_GRID; row++) {
    for (let column = 0; column < DEPTH_GRID; column++) {
      const place: Place = [
        left + width * (column + 0.5) / DEPTH_GRID,
        top + height * (row + 0.5) / DEPTH_GRID,
      ];
      if (!holds(polygon, place)) continue;
      deepest = Math.max(deepest, distanceToEdges(place, edges));
    }
  }
  return deepest;
}

/** Distance from the nearest of some edges; infinite where there are none. */
export function distanceToEdges(place: Place, edges: readonly [Place, Place][]): number {
  let nearest = Infinity;
  for (const [from, to] of edges) {
    nearest = Math.min(nearest, distanceToSegment(place, from, to));
  }
  return nearest;
}

/** Points of {@linkcode depthOf} in each direction. */
const DEPTH_GRID = 24;

/** Positive where `c` lies to the right-hand side of whoever goes from `a` to `b`, 0 where it lies on the line. */
function turn([ax, ay]: Place, [bx, by]: Place, [cx, cy]: Place): number {
  return (bx - ax) * (cy - ay) - (by - ay) * (cx - ax);
}

/** Whether a point on the line through `a` and `b` lies between them. */
function isBetween([ax, ay]: Place, [bx, by]: Place, [x, y]: Place): boolean {
  return x >= Math.min(ax, bx) && x <= Math.max(ax, bx) && y >= Math.min(ay, by) &&
    y <= Math.max(ay, by);
}

/** Whether the way from `a` over `b` to `c` goes back over itself, or stands still. */
function foldsBack(a: Place, b: Place, c: Place): boolean {
  if (turn(a, b, c) !== 0) return false;
  return (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) <= 0;
}
