/** Decodes the masks of segmentation networks (Bolya et al. 2019, "YOLACT"). @module */

import type { Corners } from "../image/boxes.ts";
import { type Letterbox, toImagePoint } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import type { Point } from "../protocol/geometry.ts";
import { clipOutline } from "./clip_outline.ts";
import type { OutputTensor } from "./heads/head.ts";
import { reducePolygon, withoutRepeats } from "./reduce_polygon.ts";
import { type Field, signedArea, traceOutlines } from "./trace_outline.ts";

/** Most points of an outline. */
export const MOST_POINTS = 200;

/** How far points may lie beside the outline that is left without them, in pixels of the input. */
const REACH = 0.25;

/** What a mask is decoded from. */
export interface MaskParts {
  /** In pixels of the input; the mask has whole pixels, so that it may reach beyond by a part of one. */
  box: Corners;
  /** One for each prototype. */
  coefficients: Float32Array;
  /** `[1, coefficients, h, w]`, over the whole input. */
  prototypes: OutputTensor;
  /** Size of the input, in pixels. */
  input: Size;
  /** Where the image lies within the input. */
  letterbox: Letterbox;
}

/**
 * Decodes a mask to the outline of the largest of its parts that are in the image, without holes.
 *
 * The mask has the pixels of the input that it has in Ultralytics' own post-processing: those with their upper left corner in the
 * box where the sum of the prototypes, each times its coefficient, is above 0. Between the centres of the prototypes' cells sums are
 * interpolated. The outline passes between the centres of pixels, where the sums between them would be 0. Where it leaves the image
 * for the bars beside it, it runs along the image's side, as far as the part reaches beyond, as Ultralytics' outlines do.
 *
 * @returns In pixels of the image, rounded to 0.1, clockwise, at most {@linkcode MOST_POINTS} points; no points where no part is in
 * the image, or one so small that rounding leaves nothing of it; `undefined` where the mask is empty
 */
export function decodeMask({ letterbox, ...parts }: MaskParts): Point[] | undefined {
  const pixels = pixelsWithin(parts.box, parts.input);
  if (!(pixels.right > pixels.left && pixels.bottom > pixels.top)) return undefined;
  const outlines = traceOutlines(enlargeSums(parts, pixels));
  if (outlines.length === 0) return undefined;
  // The field begins a pixel before the mask, with that pixel's centre.
  const [left, top] = [pixels.left - 0.5, pixels.top - 0.5];
  const content = contentFrom(letterbox, [left, top]);
  const outline = largest(outlines.filter((each) => hasPixelIn(each, content)));
  if (outline === undefined) return [];
  const mask = withoutRepeats(
    reducePolygon(clipOutline(outline, content), MOST_POINTS, REACH).map(([x, y]) =>
      toImagePoint([left + x, top + y], letterbox, "clipped")
    ),
  );
  return mask.length >= 3 ? mask : [];
}

/** Where the image lies, from a point of the input. */
function contentFrom({ content, left, top }: Letterbox, [x, y]: Point): Corners {
  return {
    left: left - x,
    top: top - y,
    right: left + content.width - x,
    bottom: top + content.height - y,
  };
}

/** Whether a part with some outline has a pixel of the image: it reaches over the centres of those along each of the image's sides. */
function hasPixelIn(outline: readonly Point[], { left, top, right, bottom }: Corners): boolean {
  return outline.some(([x]) => x >= left + 0.5) && outline.some(([x]) => x <= right - 0.5) &&
    outline.some(([, y]) => y >= top + 0.5) && outline.some(([, y]) => y <= bottom - 0.5);
}

/** The pixels with their upper left corner in a box, up to but without those at its `right` and `bottom`. */
function pixelsWithin({ left, top, right, bottom }: Corners, { width, height }: Size): Corners {
  return {
    left: Math.max(0, Math.ceil(left)),
    top: Math.max(0, Math.ceil(top)),
    right: Math.min(width, Math.ceil(right)),
    bottom: Math.min(height, Math.ceil(bottom)),
  };
}

/** Sums of the prototypes in some of their cells. */
interface Sums {
  /** Row by row. */
  values: Float32Array;
  columns: Places;
  rows: Places;
}

/** Between which cells pixels lie along an axis. */
interface Places {
  /** The first cell that is needed, of all. */
  first: number;
  /** How many cells are needed. */
  count: number;
  /** For each pixel, the cell before its centre, from `first`. */
  before: Int32Array;
  /** For each pixel, how far its centre is on the way to the cell behind. */
  share: Float32Array;
}

/** Looks up pixels along an axis of `cells` cells, each `scale` of a cell wide. */
function placesOf(
  start: number,
  end: number,
  { cells, scale }: { cells: number; scale: number },
): Places {
  const within = (pixel: number) => Math.min(Math.max((pixel + 0.5) * scale - 0.5, 0), cells - 1);
  const first = Math.floor(within(start));
  const count = Math.ceil(within(end - 1)) - first + 1;
  const before = new Int32Array(end - start);
  const share = new Float32Array(end - start);
  for (let index = 0; index < before.length; index++) {
    const place = within(start + index) - first;
    const cell = Math.min(Math.floor(place), Math.max(count - 2, 0));
    before[index] = cell;
    share[index] = place - cell;
  }
  return { first, count, before, share };
}

/** Sums up the prototypes in the cells that the pixels lie in. */
function sumPrototypes(
  { coefficients, prototypes: { data, dims }, input }: Omit<MaskParts, "letterbox">,
  pixels: Corners,
): Sums {
  const [, , height = 0, width = 0] = dims;
  const rows = placesOf(pixels.top, pixels.bottom, { cells: height, scale: height / input.height });
  const columns = placesOf(pixels.left, pixels.right, { cells: width, scale: width / input.width });
  const values = new Float32Array(rows.count * columns.count);
  coefficients.forEach((coefficient, index) => {
    for (let row = 0; row < rows.count; row++) {
      const start = (index * height + rows.first + row) * width + columns.first;
      const own = row * columns.count;
      for (let column = 0; column < columns.count; column++) {
        values[own + column] = (values[own + column] as number) +
          coefficient * (data[start + column] as number);
      }
    }
  });
  return { values, columns, rows };
}

/** The sums at the centres of pixels, in a frame of the same values below 0: so that outlines pass along the pixels' sides there. */
function enlargeSums(parts: Omit<MaskParts, "letterbox">, pixels: Corners): Field {
  const { values: sums, columns, rows } = sumPrototypes(parts, pixels);
  const [width, height] = [pixels.right - pixels.left + 2, pixels.bottom - pixels.top + 2];
  const values = new Float32Array(width * height);
  const mixed = new Float32Array(columns.count + 1);
  for (let row = 1; row < height - 1; row++) {
    const start = (rows.before[row - 1] as number) * columns.count;
    const down = rows.share[row - 1] as number;
    for (let column = 0; column < columns.count; column++) {
      const above = sums[start + column] as number;
      const below = down === 0 ? above : sums[start + columns.count + column] as number;
      mixed[column] = above + (below - above) * down;
    }
    const own = row * width;
    for (let column = 1; column < width - 1; column++) {
      const cell = columns.before[column - 1] as number;
      const left = mixed[cell] as number;
      values[own + column] = left +
        ((mixed[cell + 1] as number) - left) * (columns.share[column - 1] as number);
    }
    values[own] = -Math.abs(values[own + 1] as number);
    values[own + width - 1] = -Math.abs(values[own + width - 2] as number);
  }
  for (let column = 0; column < width; column++) {
    values[column] = -Math.abs(values[width + column] as number);
    const last = (height - 1) * width + column;
    values[last] = -Math.abs(values[last - width] as number);
  }
  return { width, height, values };
}

function largest(outlines: readonly Point[][]): Point[] | undefined {
  let best: Point[] | undefined;
  let most = 0;
  for (const outline of outlines) {
    const area = signedArea(outline);
    if (area > most) [best, most] = [outline, area];
  }
  return best;
}
