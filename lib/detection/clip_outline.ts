import type { Corners } from "../image/boxes.ts";
import type { Point } from "../protocol/geometry.ts";
import { withoutRepeats } from "./reduce_polygon.ts";

/** A line beyond which points do not stay: where it is along an axis, and on which side of it beyond is. */
interface Limit {
  axis: 0 | 1;
  value: number;
  sign: 1 | -1;
}

/**
 * Clips a closed polygon to a rectangle as if each point of its lines were moved to the nearest place there: between the places where
 * it leaves the rectangle and comes back, it runs along the side, as far to and fro as it reaches beyond.
 *
 * @returns No points where the whole polygon lies beyond a side; otherwise the polygon may touch itself along the sides
 */
export function clipOutline(
  outline: readonly Point[],
  { left, top, right, bottom }: Corners,
): readonly Point[] {
  const limits: Limit[] = [
    { axis: 0, value: left, sign: -1 },
    { axis: 1, value: top, sign: -1 },
    { axis: 0, value: right, sign: 1 },
    { axis: 1, value: bottom, sign: 1 },
  ];
  return limits.reduce(clipAt, outline);
}

function clipAt(outline: readonly Point[], { axis, value, sign }: Limit): readonly Point[] {
  const isBeyond = (point: Point) => sign * (point[axis] - value) > 0;
  if (!outline.some(isBeyond)) return outline;
  const first = outline.findIndex((point) => !isBeyond(point));
  if (first < 0) return [];
  const clipped: Point[] = [];
  // Places along the limit since the polygon went beyond.
  let along: number[] = [];
  let point = outline[first] as Point;
  for (let index = first + 1; index <= first + outline.length; index++) {
    const next = outline[index % outline.length] as Point;
    if (isBeyond(point)) along.push(point[1 - axis] as number);
    else clipped.push(point);
    if (isBeyond(point) !== isBeyond(next)) along.push(crossing(point, next, { axis, value }));
    if (!isBeyond(next) && along.length > 0) {
      clipped.push(
        ...reachOf(along).map((each): Point => axis === 0 ? [value, each] : [each, value]),
      );
      along = [];
    }
    point = next;
  }
  return withoutRepeats(clipped);
}

/** Where the line from one point to another passes a limit. */
function crossing(from: Point, to: Point, { axis, value }: Omit<Limit, "sign">): number {
  const share = (value - from[axis]) / (to[axis] - from[axis]);
  const [start, end] = [from[1 - axis] as number, to[1 - axis] as number];
  return start + (end - start) * share;
}

/** The first and the last of some numbers, and the least and the greatest, in the order that they come in. */
function reachOf(numbers: readonly number[]): number[] {
  let [least, greatest] = [0, 0];
  numbers.forEach((number, index) => {
    if (number < (numbers[least] as number)) least = index;
    if (number > (numbers[greatest] as number)) greatest = index;
  });
  const kept = [0, least, greatest, numbers.length - 1];
  return numbers.filter((_, index) => kept.includes(index));
}
