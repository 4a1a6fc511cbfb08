/** A box in the pixels of a plot. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** A point of a plot, and how large its label is, in pixels. */
export interface LabelledPoint {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Half the side of the square that a point's mark takes, in pixels. */
export const MARK = 5;

/** Pixels between a point and a label beside it. */
const BESIDE = MARK + 4;

/** A label that is no further from its point, in pixels, needs no line to it. */
export const ADJACENT = 10;

/**
 * Places the label of each point beside it, as near as it can be without covering another label or a mark; where it is further
 * away, a line leads to it, which crosses no other label or mark if that can be helped.
 *
 * @param area What the labels stay within
 * @returns The boxes of the labels, in the order of the points
 * @throws {RangeError} If there is no room for one of them
 */
export function placeLabels(points: readonly LabelledPoint[], area: Box): Box[] {
  const marks = points.map(({ x, y }) => squareAround(x, y, MARK));
  const labels: Box[] = [];
  const lines: Box[] = [];
  const isFree = (box: Box, taken: readonly Box[]) => !taken.some((other) => overlaps(other, box));
  for (const [index, point] of points.entries()) {
    const others = [...labels, ...marks.toSpliced(index, 1)];
    const places = candidates(point, area).filter((place) =>
      isWithin(place, area) && isFree(place, [...labels, ...marks])
    );
    const place = places.find((each) =>
      isFree(each, lines) && lineTo(each, point).every((box) =>
        isFree(box, others)
      )
    ) ?? places[0];
    if (place === undefined) throw new RangeError("Cannot place a label: there is no room");
    labels.push(place);
    lines.push(...lineTo(place, point));
  }
  return labels;
}

function squareAround(x: number, y: number, half: number): Box {
  return { left: x - half, top: y - half, width: 2 * half, height: 2 * half };
}

/** The line from a point to its label, if it needs one, as small squares. */
function lineTo(label: Box, { x, y }: LabelledPoint): Box[] {
  const length = distance(label, x, y);
  if (length <= ADJACENT) return [];
  const [toX, toY] = nearestPoint(label, x, y);
  return Array.from({ length: Math.ceil(length) }, (_, index) => {
    const share = index / length;
    return squareAround(x + share * (toX - x), y + share * (toY - y), 1);
  });
}

/** The point of a box that is nearest to another. */
export function nearestPoint(
  { left, top, width, height }: Box,
  x: number,
  y: number,
): [x: number, y: number] {
  return [
    Math.min(Math.max(x, left), left + width),
    Math.min(Math.max(y, top), top + height),
  ];
}

/** Places for a label, the nearest first, and of near ones that to the right. */
function candidates({ x, y, width, height }: LabelledPoint, area: Box): Box[] {
  const lefts = [x + BESIDE, x - BESIDE - width, x - width / 2, x, x - width];
  const tops: number[] = [];
  for (let away = 0; away <= area.height; away += height / 3) {
    tops.push(y - height / 2 + away, y - height / 2 - away);
  }
  const cost = (box: Box) => Math.max(ADJACENT, distance(box, x, y));
  return tops.flatMap((top) => lefts.map((left) => ({ left, top, width, height })))
    .sort((a, b) => cost(a) - cost(b));
}

/** How far a point is from the nearest part of a box, in pixels. */
export function distance(box: Box, x: number, y: number): number {
  const [nearestX, nearestY] = nearestPoint(box, x, y);
  return Math.hypot(nearestX - x, nearestY - y);
}

function isWithin(box: Box, area: Box): boolean {
  return box.left >= area.left && box.left + box.width <= area.left + area.width &&
    box.top >= area.top && box.top + box.height <= area.top + area.height;
}

/** Whether two boxes have any part in common. */
export function overlaps(a: Box, b: Box): boolean {
  return a.left < b.left + b.width && b.left < a.left + a.width &&
    a.top < b.top + b.height && b.top < a.top + a.height;
}
