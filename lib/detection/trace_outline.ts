import type { Point } from "../protocol/geometry.ts";

/** Values at the points of a grid, of which those on its sides are not above 0. */
export interface Field {
  /** Points in a row. */
  width: number;
  /** Rows. */
  height: number;
  /** Row by row, length `width * height`. */
  values: Float32Array;
}

/** How near to a point a line may pass, as a share of the way to the next: so that no two lines touch, and no point is lost to rounding. */
const NEAREST = 0.1;

/** Sides of a square between four points, clockwise. */
const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3] as const;

/** From which side of a square to which lines lead. */
type Leads = readonly (readonly [from: number, to: number])[];

/**
 * For each set of corners that are above 0, from which side of the square to which the line leads that has them on its right. Bits:
 * 1 upper left, 2 upper right, 4 lower right, 8 lower left. Opposite corners belong together, as for `cv2.findContours`.
 */
const LEADS: readonly Leads[] = [
  [],
  [[TOP, LEFT]],
  [[RIGHT, TOP]],
  [[RIGHT, LEFT]],
  [[BOTTOM, RIGHT]],
  [[TOP, RIGHT], [BOTTOM, LEFT]],
  [[BOTTOM, TOP]],
  [[BOTTOM, LEFT]],
  [[LEFT, BOTTOM]],
  [[TOP, BOTTOM]],
  [[LEFT, TOP], [RIGHT, BOTTOM]],
  [[RIGHT, BOTTOM]],
  [[LEFT, RIGHT]],
  [[TOP, RIGHT]],
  [[LEFT, TOP]],
  [],
];

/**
 * Finds the outlines of where a field is above 0, with marching squares: points lie where the values between two points of the grid
 * would pass through 0.
 *
 * @returns A closed polygon, which neither crosses nor touches itself, for each outer line and each hole; with y pointing down,
 * outer lines run one way and holes the other, so that {@linkcode signedArea} is positive for outer lines only
 */
export function traceOutlines(field: Field): Point[][] {
  const next = leadsOf(field);
  const outlines: Point[][] = [];
  // What is deleted meanwhile does not come up any more.
  for (const first of next.keys()) {
    const outline: Point[] = [];
    for (let side: number | undefined = first; side !== undefined;) {
      const to = next.get(side);
      if (to !== undefined) outline.push(pointOn(field, side));
      next.delete(side);
      side = to;
    }
    outlines.push(outline);
  }
  return outlines;
}

/** Area of a polygon; negative where it runs the other way round. */
export function signedArea(polygon: readonly Point[]): number {
  let [beforeX, beforeY] = polygon.at(-1) ?? [0, 0];
  let double = 0;
  for (const [x, y] of polygon) {
    double += beforeX * y - x * beforeY;
    [beforeX, beforeY] = [x, y];
  }
  return double / 2;
}

/** From where each line leads on, by the number of the side that it comes in by. */
function leadsOf({ width, height, values }: Field): Map<number, number> {
  const next = new Map<number, number>();
  for (let row = 0; row < height - 1; row++) {
    let place = row * width;
    // Sides of the field are not above 0.
    let corners = 0;
    for (const end = place + width - 1; place < end; place++) {
      const upper = (values[place + 1] as number) > 0 ? 2 : 0;
      const lower = (values[place + width + 1] as number) > 0 ? 4 : 0;
      corners = upper | lower | (corners & 2) >> 1 | (corners & 4) << 1;
      if (corners === 0 || corners === 15) continue;
      for (const [from, to] of LEADS[corners] as Leads) {
        next.set(sideNumber(place, from, width), sideNumber(place, to, width));
      }
    }
  }
  return next;
}

/** One number for the side that two squares share: even for upper sides, odd for left ones. */
function sideNumber(place: number, side: number, width: number): number {
  const first = place + (side === RIGHT ? 1 : side === BOTTOM ? width : 0);
  return 2 * first + (side === LEFT || side === RIGHT ? 1 : 0);
}

/** Where a line passes a side of a square. */
function pointOn({ width, values }: Field, side: number): Point {
  const place = side >> 1;
  const isUpright = side % 2 === 1;
  const [a, b] = [values[place] as number, values[place + (isUpright ? width : 1)] as number];
  const at = Math.min(Math.max(a / (a - b), NEAREST), 1 - NEAREST);
  const [x, y] = [place % width, Math.floor(place / width)];
  return isUpright ? [x, y + at] : [x + at, y];
}
