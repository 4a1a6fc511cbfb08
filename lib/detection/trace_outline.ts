import type { Point } from "../protocol/geometry.ts";

/** Values at the crossings of some columns and rows. */
export interface Field {
  /** Where the columns lie, in ascending order. */
  xs: readonly number[];
  /** Where the rows lie, in ascending order. */
  ys: readonly number[];
  /** Row by row, length `xs.length * ys.length`. */
  values: Float32Array;
}

/** How near to a crossing a line may pass, as a share of the way to the next: so that no two lines touch. */
const NEAREST = 1e-3;

/** Sides of a square between four crossings, clockwise. */
const [TOP, RIGHT, BOTTOM, LEFT] = [0, 1, 2, 3] as const;

/** From which side of a square to which lines lead. */
type Leads = readonly (readonly [from: number, to: number])[];

/** Lines around opposite corners, each by itself, where upper left and lower right are above 0. */
const APART_DOWN: Leads = [[TOP, LEFT], [BOTTOM, RIGHT]];
/** The same where they are joined across the middle. */
const JOINED_DOWN: Leads = [[TOP, RIGHT], [BOTTOM, LEFT]];
/** Lines around upper right and lower left, each by itself. */
const APART_UP: Leads = [[RIGHT, TOP], [LEFT, BOTTOM]];
/** The same where they are joined across the middle. */
const JOINED_UP: Leads = [[LEFT, TOP], [RIGHT, BOTTOM]];

/**
 * For each set of corners that are above 0, from which side of the square to which the line leads that has them on its right. Bits:
 * 1 upper left, 2 upper right, 4 lower right, 8 lower left.
 */
const LEADS: readonly Leads[] = [
  [],
  [[TOP, LEFT]],
  [[RIGHT, TOP]],
  [[RIGHT, LEFT]],
  [[BOTTOM, RIGHT]],
  APART_DOWN,
  [[BOTTOM, TOP]],
  [[BOTTOM, LEFT]],
  [[LEFT, BOTTOM]],
  [[TOP, BOTTOM]],
  APART_UP,
  [[RIGHT, BOTTOM]],
  [[LEFT, RIGHT]],
  [[TOP, RIGHT]],
  [[LEFT, TOP]],
  [],
];

/**
 * Finds the outlines of where a field is above 0, with marching squares: points lie where the values between two crossings would
 * pass through 0. Beyond its sides the field counts as below 0, so that outlines run along them.
 *
 * @returns A closed polygon, which neither crosses nor touches itself, for each outer line and each hole; with y pointing down,
 * outer lines run one way and holes the other, so that {@linkcode signedArea} is positive for outer lines only
 */
export function traceOutlines(field: Field): Point[][] {
  const { xs, ys } = field;
  const [columns, rows] = [xs.length + 1, ys.length + 1];
  /** From where each line leads on, by the number of the side that it comes in by. */
  const next = new Map<number, number>();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (const [from, to] of leadsIn(field, column, row)) {
        next.set(sideNumber(column, row, from, columns), sideNumber(column, row, to, columns));
      }
    }
  }
  const outlines: Point[][] = [];
  // What is deleted meanwhile does not come up any more.
  for (const first of next.keys()) {
    const outline: Point[] = [];
    for (let side: number | undefined = first; side !== undefined;) {
      const to = next.get(side);
      if (to !== undefined) outline.push(pointOn(field, side, columns));
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

/** The value of a crossing; below 0 around the field. */
function valueAt({ xs, ys, values }: Field, column: number, row: number): number {
  const isInside = column >= 0 && row >= 0 && column < xs.length && row < ys.length;
  return isInside ? values[row * xs.length + column] as number : -Infinity;
}

/** The lines through a square; squares begin left of and above the field. */
function leadsIn(field: Field, column: number, row: number): Leads {
  const a = valueAt(field, column - 1, row - 1);
  const b = valueAt(field, column, row - 1);
  const c = valueAt(field, column, row);
  const d = valueAt(field, column - 1, row);
  const corners = (a > 0 ? 1 : 0) | (b > 0 ? 2 : 0) | (c > 0 ? 4 : 0) | (d > 0 ? 8 : 0);
  const leads = LEADS[corners] ?? [];
  if (leads !== APART_DOWN && leads !== APART_UP) return leads;
  // Values between four corners form a saddle, of which this is the height (Nielson and Hamann 1991).
  const isJoined = (a * c - b * d) / (a + c - b - d) > 0;
  if (!isJoined) return leads;
  return leads === APART_DOWN ? JOINED_DOWN : JOINED_UP;
}

/** One number for the side that two squares share: even for upper sides, odd for left ones. */
function sideNumber(column: number, row: number, side: number, columns: number): number {
  const [x, y] = [column + (side === RIGHT ? 1 : 0), row + (side === BOTTOM ? 1 : 0)];
  return 2 * (y * (columns + 1) + x) + (side === LEFT || side === RIGHT ? 1 : 0);
}

/** Where a line passes a side of a square. */
function pointOn(field: Field, side: number, columns: number): Point {
  const place = side >> 1;
  const [column, row] = [place % (columns + 1) - 1, Math.floor(place / (columns + 1)) - 1];
  const isUpright = side % 2 === 1;
  const [nextColumn, nextRow] = isUpright ? [column, row + 1] : [column + 1, row];
  const [a, b] = [valueAt(field, column, row), valueAt(field, nextColumn, nextRow)];
  const at = Math.min(Math.max(shareOf(a, b), NEAREST), 1 - NEAREST);
  const mix = (places: readonly number[], from: number, to: number) => {
    const [start, end] = [places[from], places[to]];
    // Beyond the field there is next to no way to go.
    if (start === undefined) return (end ?? 0) - NEAREST;
    return end === undefined ? start + NEAREST : start + (end - start) * at;
  };
  return [mix(field.xs, column, nextColumn), mix(field.ys, row, nextRow)];
}

/** Where on the way from one value to another 0 lies. */
function shareOf(a: number, b: number): number {
  return a === -Infinity ? 1 : b === -Infinity ? 0 : a / (a - b);
}
