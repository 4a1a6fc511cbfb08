/**
 * How the images of a video are turned, stretched and fitted.
 *
 * @module
 */

import { inputShapes, shapeInput } from "../../image/input_shape.ts";
import type { Size } from "../../image/size.ts";

/** How an image has to be turned to be upright. */
export interface Orientation {
  /** Whether rows become columns, which swaps width and height. */
  transposed: boolean;
  /** FFmpeg filters, with their arguments, that turn the image, in order. */
  filters: [name: string, args: string | null][];
}

const UPRIGHT: Orientation = { transposed: false, filters: [] };

/**
 * Reads the display matrix that phones write instead of turning the image.
 *
 * The matrix maps `(x, y)` to `(a·x + c·y, b·x + d·y)`; turns by other angles than quarters do not occur in practice and
 * are left alone.
 *
 * @param matrix Nine little-endian 32-bit integers `a b u c d v x y w`, 16.16 fixed point (FFmpeg, libavutil/display.h)
 */
export function readDisplayMatrix(matrix: Uint8Array | null): Orientation {
  if (matrix === null || matrix.length < 36) return UPRIGHT;
  const view = new DataView(matrix.buffer, matrix.byteOffset, 36);
  const [a, b, c, d] = [0, 4, 12, 16].map((offset) => view.getInt32(offset, true)) as [
    number,
    number,
    number,
    number,
  ];
  if (b !== 0 && c !== 0 && a === 0 && d === 0) {
    const direction = c < 0 ? (b > 0 ? "clock" : "clock_flip") : (b < 0 ? "cclock" : "cclock_flip");
    return { transposed: true, filters: [["transpose", `dir=${direction}`]] };
  }
  if (a === 0 || d === 0 || b !== 0 || c !== 0) return UPRIGHT;
  const filters: Orientation["filters"] = [];
  if (a < 0) filters.push(["hflip", null]);
  if (d < 0) filters.push(["vflip", null]);
  return { transposed: false, filters };
}

/**
 * Size at which an image is shown.
 *
 * @param coded Size of the stored image
 * @param pixelAspect Width of a pixel by its height; 0 or NaN when unknown, which counts as 1
 */
export function displaySize(coded: Size, pixelAspect: number, { transposed }: Orientation): Size {
  // A header can claim any aspect; no camera has pixels that are more than four times as wide as high.
  const aspect = pixelAspect >= 0.25 && pixelAspect <= 4 ? pixelAspect : 1;
  const width = Math.max(1, Math.round(coded.width * aspect));
  return transposed ? { width: coded.height, height: width } : { width, height: coded.height };
}

/** A fraction, as FFmpeg has them. */
export interface Fraction {
  /** Numerator. */
  num: number;
  /** Denominator. */
  den: number;
}

/** A fraction as a number; NaN or infinite where the denominator is 0. */
export function ratio({ num, den }: Fraction): number {
  return num / den;
}

/** An image as it is stored. */
export interface CodedImage extends Size {
  /** Width of a pixel by its height. */
  sampleAspectRatio: Fraction;
}

/** Size at which an image of a track is shown; a video may change it midway. */
export function shownSize(
  { codecpar, sampleAspectRatio }: { codecpar: Size; sampleAspectRatio: Fraction },
  image: CodedImage,
  orientation: Orientation,
): Size {
  // What a container says of the shape of pixels goes before what its images say, and holds for those it describes.
  const isDescribed = image.width === codecpar.width && image.height === codecpar.height &&
    sampleAspectRatio.num > 0;
  const aspect = isDescribed ? sampleAspectRatio : image.sampleAspectRatio;
  return displaySize(image, ratio(aspect), orientation);
}

/** What frames are to fit within, in pixels. */
export interface FrameBounds extends Size {
  /**
   * Whether a frame of another shape is to fit within an input of its shape, of as many pixels; see {@linkcode shapeInput}.
   *
   * @default {false}
   */
  anyShape?: boolean;
}

/** Most pixels of a frame that fits within bounds. */
export function mostPixels(bounds: FrameBounds): number {
  const shapes = bounds.anyShape ? inputShapes(bounds) : [bounds];
  return Math.max(...shapes.map(({ width, height }) => width * height));
}

/** The largest size of the same shape within `limit`, never larger than `size` itself. */
export function fitWithin(size: Size, bounds: FrameBounds): Size {
  const limit = bounds.anyShape ? shapeInput(size, bounds) : bounds;
  const scale = Math.min(1, limit.width / size.width, limit.height / size.height);
  return {
    width: Math.max(1, Math.round(size.width * scale)),
    height: Math.max(1, Math.round(size.height * scale)),
  };
}

/** Where an image lies on a canvas, in pixels of that. */
export interface Place extends Size {
  /** Pixels to the left of it. */
  left: number;
  /** Pixels above it. */
  top: number;
}

/** Bars of fewer pixels than these are rounding. */
const THINNEST_BARS = 4;

/** The largest place of an image in the middle of a canvas; where its shape is that of the canvas, it is the whole canvas. */
export function placeWithin(image: Size, canvas: Size): Place {
  const scale = Math.min(canvas.width / image.width, canvas.height / image.height);
  const [width, left] = placeAlong(image.width * scale, canvas.width);
  const [height, top] = placeAlong(image.height * scale, canvas.height);
  return { left, top, width, height };
}

/** Length and start along one side; even, since colour is stored for two by two pixels. */
function placeAlong(length: number, whole: number): [length: number, start: number] {
  const even = Math.max(2, 2 * Math.round(length / 2));
  return whole - even < THINNEST_BARS ? [whole, 0] : [even, 2 * Math.floor((whole - even) / 4)];
}
