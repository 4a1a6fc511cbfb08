import type { PixelImage } from "../image/pixel_image.ts";
import { cropLine } from "./crop_line.ts";
import { measureQuadrilateral, type Quadrilateral } from "./geometry.ts";
import { alongText } from "./reading_directions.ts";

/** What a line of text looks like, roughly: enough to see whether it has changed. */
export interface LineSignature {
  /** Brightness of each cell less the line's mean, over its deviation; row by row. */
  cells: Float32Array;
  /** Cells in a row. */
  width: number;
}

/** Rows of a signature: strokes stay apart, while noise of single pixels averages out. */
const ROWS = 12;

/** Most columns of a signature. */
const MAXIMUM_COLUMNS = 400;

/** Deviation of brightness that is taken for contrast at least; below is noise. */
const LEAST_DEVIATION = 8;

/**
 * Mean difference, within any window as wide as half the line's height, that is a change.
 *
 * In rendered lines of 14 to 48 px with noise of 4 and JPEG quality 75, dark and pale, the same text differs by
 * up to 0.23, and one digit replaced by another by 0.26 and more.
 */
const CHANGE = 0.24;

/** Describes the part of an image within a line's corners. */
export function signLine(image: PixelImage, corners: Quadrilateral): LineSignature {
  const line = alongText(corners);
  const { width: length, height } = measureQuadrilateral(line);
  const ratio = height > 0 ? length / height : 1;
  const width = Math.min(MAXIMUM_COLUMNS, Math.max(1, Math.round(ratio * ROWS)));
  const pixels = new Uint8Array(width * ROWS * 3);
  cropLine(image, line, { pixels, offset: 0, stride: width * 3, width, height: ROWS });
  const cells = new Float32Array(width * ROWS);
  for (let i = 0; i < cells.length; i++) {
    cells[i] = (pixels[i * 3] ?? 0) * 0.299 + (pixels[i * 3 + 1] ?? 0) * 0.587 +
      (pixels[i * 3 + 2] ?? 0) * 0.114;
  }
  return { cells: normalize(cells), width };
}

/** Takes brightness and contrast out, so that a camera's automatic exposure is no change. */
function normalize(cells: Float32Array): Float32Array {
  const mean = cells.reduce((sum, cell) => sum + cell, 0) / cells.length;
  const variance = cells.reduce((sum, cell) => sum + (cell - mean) ** 2, 0) / cells.length;
  const deviation = Math.max(LEAST_DEVIATION, Math.sqrt(variance));
  return cells.map((cell) => (cell - mean) / deviation);
}

/**
 * Measures how much two looks at the same place differ where they differ most.
 *
 * @returns 0 for the same image, in deviations of brightness; `Infinity` for signatures of different sizes.
 */
export function signatureDifference(a: LineSignature, b: LineSignature): number {
  if (a.width !== b.width || a.cells.length !== b.cells.length) return Infinity;
  const columns = new Float64Array(a.width);
  for (let i = 0; i < a.cells.length; i++) {
    const column = i % a.width;
    const difference = Math.abs((a.cells[i] ?? 0) - (b.cells[i] ?? 0));
    columns[column] = (columns[column] ?? 0) + difference / ROWS;
  }
  // A character that has changed must not drown in a long line that has not.
  const window = Math.min(ROWS / 2, a.width);
  let sum = 0;
  let most = 0;
  columns.forEach((difference, column) => {
    sum += difference - (columns[column - window] ?? 0);
    if (column >= window - 1) most = Math.max(most, sum / window);
  });
  return most;
}

/** Whether two looks at the same place show different things. */
export function hasChanged(a: LineSignature, b: LineSignature): boolean {
  return signatureDifference(a, b) > CHANGE;
}
