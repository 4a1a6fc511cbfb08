import { roundToTenths } from "./round_to_tenths.ts";
import type { Corners } from "./boxes.ts";
import type { BoundingBox, Point } from "../protocol/geometry.ts";
import type { Size } from "./size.ts";

/** Where an image lies within the detector's input: scaled, centred, the rest grey. */
export interface Letterbox {
  /** Size of the image, in its own pixels. */
  image: Size;
  /** Size of the image within the input, in input pixels. */
  content: Size;
  /** Width of the grey bar to the left of the content, in input pixels. */
  left: number;
  /** Height of the grey bar above the content, in input pixels. */
  top: number;
}

/** The grey of the bars, 0 to 255, as the models were trained with. */
export const LETTERBOX_GREY = 114;

/**
 * Fits an image into the input.
 *
 * @throws {RangeError} If a side is not a positive integer.
 */
export function fitLetterbox(image: Size, input: Size): Letterbox {
  for (const side of [image.width, image.height, input.width, input.height]) {
    if (!Number.isInteger(side) || side < 1) {
      throw new RangeError(`Cannot fit an image: expected sides of 1 pixel or more, got ${side}`);
    }
  }
  const scale = Math.min(input.width / image.width, input.height / image.height);
  const content = {
    width: Math.min(input.width, Math.max(1, Math.round(image.width * scale))),
    height: Math.min(input.height, Math.max(1, Math.round(image.height * scale))),
  };
  return {
    image,
    content,
    left: (input.width - content.width) >> 1,
    top: (input.height - content.height) >> 1,
  };
}

/**
 * How an image is brought to the size of an input: as it is, between grey bars; stretched over the whole; or as it is, so that it
 * fills the whole, and what is beyond is cut off on both sides.
 */
export type Fit = "letterbox" | "stretch" | "crop";

/** Stretches an image over the whole input, without bars. */
function stretchOver(image: Size, input: Size): Letterbox {
  return { image, content: input, left: 0, top: 0 };
}

/**
 * Fills the input with the middle of an image, as torchvision's `Resize` and `CenterCrop` do.
 *
 * @returns `left` and `top` are 0 or negative, since the content reaches beyond the input
 */
export function cropCentre(image: Size, input: Size): Letterbox {
  const scale = Math.max(input.width / image.width, input.height / image.height);
  const content = {
    width: Math.max(input.width, Math.floor(image.width * scale + ROUNDING)),
    height: Math.max(input.height, Math.floor(image.height * scale + ROUNDING)),
  };
  return {
    image,
    content,
    left: (input.width - content.width) >> 1,
    top: (input.height - content.height) >> 1,
  };
}

/** What rounding may take from a product that is a whole number. */
const ROUNDING = 1e-9;

/** Places an image in an input. */
export function fitImage(image: Size, input: Size, fit: Fit): Letterbox {
  const fits = { letterbox: fitLetterbox, stretch: stretchOver, crop: cropCentre };
  return fits[fit](image, input);
}

/**
 * Maps a box from input pixels to the image's, clipped to the image and rounded to 0.1 pixel.
 *
 * A box that lies wholly in the bars comes out with a width or height of 0.
 */
export function toImageBox(box: Corners, letterbox: Letterbox): BoundingBox {
  const [x, y] = toImagePoint([box.left, box.top], letterbox, "clipped");
  const [right, bottom] = toImagePoint([box.right, box.bottom], letterbox, "clipped");
  return [x, y, roundToTenths(right - x), roundToTenths(bottom - y)];
}

/**
 * Maps a point from input pixels to the image's, rounded to 0.1 pixel.
 *
 * @param beyond Whether a point outside of the image goes to its nearest side, or stays where it is
 */
export function toImagePoint(
  [x, y]: readonly [x: number, y: number],
  { image, content, left, top }: Letterbox,
  beyond: "clipped" | "kept",
): Point {
  // The content's sides were rounded, so each axis has a scale of its own.
  const horizontal = (x - left) * image.width / content.width;
  const vertical = (y - top) * image.height / content.height;
  return beyond === "clipped"
    ? [place(horizontal, image.width), place(vertical, image.height)]
    : [roundToTenths(horizontal), roundToTenths(vertical)];
}

function place(value: number, limit: number): number {
  return roundToTenths(Math.min(Math.max(value, 0), limit));
}
