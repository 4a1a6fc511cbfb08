import type { Point } from "../protocol/geometry.ts";

/** An image of one value a pixel. */
interface Field {
  /** Row by row; a row holds `stride` values, of which `width` count. */
  values: Float32Array;
  width: number;
  height: number;
  stride: number;
}

/** Pixels above the threshold that touch each other. */
export interface Component {
  /** Corners of the pixels at both ends of each row's stretches, which hold the convex hull. */
  outline: Point[];
  /** Mean of the pixels' values. */
  mean: number;
}

/** A stretch of neighbouring pixels of one row that exceed the threshold. */
interface Run {
  row: number;
  /** First column. */
  start: number;
  /** Column after the last. */
  end: number;
  /** Of the pixels' values. */
  sum: number;
  /** Index of another run of the component; its own index for the component's first. */
  parent: number;
}

/**
 * Finds the groups of pixels above a threshold that touch each other, corners included.
 *
 * Run-length labelling with union-find: work grows with the pixels scanned once, and memory with the runs.
 */
export function findComponents(field: Field, threshold: number): Component[] {
  const runs = findRuns(field, threshold);
  joinRuns(runs);
  const groups = Map.groupBy(runs, (_, index) => findRoot(runs, index));
  return [...groups.values()].map((group) => {
    const sum = group.reduce((total, run) => total + run.sum, 0);
    const count = group.reduce((total, { start, end }) => total + end - start, 0);
    return { outline: group.flatMap(corners), mean: sum / count };
  });
}

function corners({ row, start, end }: Run): Point[] {
  return [[start, row], [end, row], [start, row + 1], [end, row + 1]];
}

function findRuns({ values, width, height, stride }: Field, threshold: number): Run[] {
  const runs: Run[] = [];
  for (let row = 0; row < height; row++) {
    const offset = row * stride;
    for (let x = 0; x < width; x++) {
      if ((values[offset + x] ?? 0) <= threshold) continue;
      const start = x;
      let sum = 0;
      for (; x < width && (values[offset + x] ?? 0) > threshold; x++) {
        sum += values[offset + x] ?? 0;
      }
      runs.push({ row, start, end: x, sum, parent: runs.length });
    }
  }
  return runs;
}

/** Walks each row and the one above it side by side. */
function joinRuns(runs: Run[]): void {
  let above = 0;
  for (const [index, run] of runs.entries()) {
    for (; above < index; above++) {
      const other = runs[above];
      if (other === undefined || other.row >= run.row) break;
      if (other.row < run.row - 1 || other.end < run.start) continue;
      if (other.start > run.end) break;
      union(runs, above, index);
      // A run that reaches further right may touch the next one of this row as well.
      if (other.end >= run.end) break;
    }
  }
}

function union(runs: Run[], a: number, b: number): void {
  const [low, high] = [findRoot(runs, a), findRoot(runs, b)].toSorted((x, y) => x - y);
  const root = runs[high ?? 0];
  if (root !== undefined) root.parent = low ?? 0;
}

function findRoot(runs: Run[], index: number): number {
  for (let run = runs[index]; run !== undefined && run.parent !== index; run = runs[index]) {
    const parent = runs[run.parent];
    // Halving the path keeps later look-ups short.
    if (parent !== undefined) run.parent = parent.parent;
    index = run.parent;
  }
  return index;
}
