import type { Size } from "./size.ts";

/** Ratios of width to height that inputs have: those of cameras and photographs, lying and upright. */
const ASPECTS = [16 / 9, 3 / 2, 4 / 3, 1, 3 / 4, 2 / 3, 9 / 16];

/** What the sides of a detector's input are multiples of: the step of its coarsest grid. */
const INPUT_STEP = 32;

/**
 * The detector inputs of about as many pixels as one of them, each of another shape, the widest first.
 *
 * @param like Sides in pixels, multiples of 32
 */
export function inputShapes(like: Size): Size[] {
  const pixels = like.width * like.height;
  const side = (length: number) => Math.max(1, Math.round(length / INPUT_STEP)) * INPUT_STEP;
  return ASPECTS.map((aspect) => ({
    width: side(Math.sqrt(pixels * aspect)),
    height: side(Math.sqrt(pixels / aspect)),
  }));
}

/**
 * The detector input that shows an image largest, out of {@linkcode inputShapes}; of several that do, the one of fewest pixels.
 *
 * A frame that is upright in a lying input would fill only a part of it, and the rest would be work for nothing.
 *
 * @param image Sides in pixels, from 1
 * @param like Sides in pixels, multiples of 32
 */
export function shapeInput(image: Size, like: Size): Size {
  const scale = ({ width, height }: Size) => Math.min(width / image.width, height / image.height);
  const area = ({ width, height }: Size) => width * height;
  return inputShapes(like).toSorted((a, b) => scale(b) - scale(a) || area(a) - area(b))[0] ?? like;
}
