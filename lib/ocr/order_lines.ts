import { measureQuadrilateral, type Quadrilateral, quadrilateralCenter } from "./geometry.ts";

const QUARTER = Math.PI / 2;

/** A line as it lies on a page whose lines are level. */
interface LevelLine<Line> {
  line: Line;
  left: number;
  right: number;
  top: number;
  bottom: number;
}

/** Lines of running text are at least so many times wider than tall; those of tables and forms are shorter. */
const PROSE_RATIO = 6;

/** Least lines of a column of running text. */
const COLUMN_LINES = 3;

/** Share of a line's height by which it overlaps the others of its row, at least. */
const ROW_OVERLAP = 0.5;

/**
 * Puts lines of text into reading order: rows from the top, each from the left.
 *
 * Where lines of running text stand in columns, one column is read after the other; a line across both, such
 * as a headline, ends the columns above it. Top and left are those of the text: where most of it runs downwards, as
 * in vertical writing, it is read from the right to the left.
 *
 * @param lines With the corners of each from where its text begins.
 */
export function orderLines<Line extends { polygon: Quadrilateral }>(
  lines: readonly Line[],
): Line[] {
  const angle = commonAngle(lines);
  const level = lines.map((line) => levelLine(line, angle));
  return orderBlock(level).map(({ line }) => line);
}

/** The direction of most of the text: the median within the most frequent quarter, each line counting by its length. */
function commonAngle(lines: readonly { polygon: Quadrilateral }[]): number {
  const measured = lines.map(({ polygon }) => {
    const { width, angle } = measureQuadrilateral(polygon);
    return { width, angle, quarter: Math.round(angle / QUARTER) & 3 };
  });
  const lengths = [0, 0, 0, 0];
  for (const { width, quarter } of measured) lengths[quarter] = (lengths[quarter] ?? 0) + width;
  const most = lengths.indexOf(Math.max(...lengths));
  const deviations = measured.filter(({ quarter }) => quarter === most)
    .map(({ width, angle }) => ({ width, deviation: deviation(angle, most) }))
    .toSorted((a, b) => a.deviation - b.deviation);
  let rest = (lengths[most] ?? 0) / 2;
  const median = deviations.find(({ width }) => (rest -= width) <= 0)?.deviation ?? 0;
  return most * QUARTER + median;
}

/** How far an angle is from a number of quarter turns, within a half turn. */
function deviation(angle: number, quarters: number): number {
  const difference = angle - quarters * QUARTER;
  return difference - Math.round(difference / (4 * QUARTER)) * 4 * QUARTER;
}

/** The extent of a box in its own direction, around its middle on the level page. */
function levelLine<Line extends { polygon: Quadrilateral }>(
  line: Line,
  angle: number,
): LevelLine<Line> {
  const { width, height, angle: own } = measureQuadrilateral(line.polygon);
  const isAcross = Math.round(deviation(own - angle, 0) / QUARTER) % 2 !== 0;
  const [length, thickness] = isAcross ? [height, width] : [width, height];
  const [x, y] = quadrilateralCenter(line.polygon);
  const along = x * Math.cos(angle) + y * Math.sin(angle);
  const across = y * Math.cos(angle) - x * Math.sin(angle);
  return {
    line,
    left: along - length / 2,
    right: along + length / 2,
    top: across - thickness / 2,
    bottom: across + thickness / 2,
  };
}

function orderBlock<Line>(lines: LevelLine<Line>[]): LevelLine<Line>[] {
  const gutter = findGutter(lines);
  if (gutter === undefined) return orderRows(lines);
  const ordered: LevelLine<Line>[] = [];
  let band: LevelLine<Line>[] = [];
  const finishBand = () => {
    ordered.push(...orderBlock(band.filter(({ right }) => right <= gutter)));
    ordered.push(...orderBlock(band.filter(({ left }) => left >= gutter)));
    band = [];
  };
  for (const line of lines.toSorted((a, b) => a.top - b.top)) {
    if (line.left < gutter && line.right > gutter) {
      finishBand();
      ordered.push(line);
    } else {
      band.push(line);
    }
  }
  finishBand();
  return ordered;
}

/** Looks for a place between two columns of running text that the fewest lines cross, and at most a quarter. */
function findGutter<Line>(lines: LevelLine<Line>[]): number | undefined {
  let best: { gutter: number; crossing: number } | undefined;
  for (const { right: edge } of lines) {
    const gutter = edge + 1e-6;
    const left = lines.filter((line) => line.right <= gutter);
    const right = lines.filter((line) => line.left >= gutter);
    const crossing = lines.length - left.length - right.length;
    if (crossing > lines.length / 4 || crossing >= (best?.crossing ?? Infinity)) continue;
    if (isProse(left) && isProse(right)) best = { gutter, crossing };
  }
  return best?.gutter;
}

function isProse<Line>(lines: LevelLine<Line>[]): boolean {
  if (lines.length < COLUMN_LINES) return false;
  const ratios = lines.map(({ left, right, top, bottom }) => (right - left) / (bottom - top))
    .toSorted((a, b) => a - b);
  return (ratios[Math.floor(ratios.length / 2)] ?? 0) >= PROSE_RATIO;
}

function orderRows<Line>(lines: LevelLine<Line>[]): LevelLine<Line>[] {
  const rows: { top: number; bottom: number; lines: LevelLine<Line>[] }[] = [];
  for (const line of lines.toSorted((a, b) => a.top + a.bottom - b.top - b.bottom)) {
    const row = rows.at(-1);
    const overlap = row ? Math.min(row.bottom, line.bottom) - Math.max(row.top, line.top) : 0;
    const height = row ? Math.min(row.bottom - row.top, line.bottom - line.top) : 0;
    if (row !== undefined && overlap > height * ROW_OVERLAP) row.lines.push(line);
    else rows.push({ top: line.top, bottom: line.bottom, lines: [line] });
  }
  return rows.flatMap((row) => row.lines.toSorted((a, b) => a.left - b.left));
}
