/**
 * Which way the text of a box may run.
 *
 * @module
 */

import { measureQuadrilateral, type Quadrilateral, turnCorners } from "./geometry.ts";

/** Boxes at least so many times taller than wide may be of text that runs up or down. */
export const UPRIGHT_RATIO = 1.2;

/** Boxes taller than this are no single letter. */
export const LETTER_RATIO = 3;

/**
 * Lists the ways in which the text of a box may run, in quarter turns for `turnCorners`, the likeliest first.
 *
 * A box that is hardly taller than wide may hold one upright letter, or a short word that is turned.
 *
 * @param corners Corners of the box, from its top left.
 */
export function readingDirections(corners: Quadrilateral): number[] {
  const { width, height } = measureQuadrilateral(corners);
  if (height < width * UPRIGHT_RATIO) return [0, 2];
  return height < width * LETTER_RATIO ? [0, 3, 1] : [3, 1];
}

/** Describes a box from the corner from which its longer side runs to the right, or upwards. */
export function alongText(corners: Quadrilateral): Quadrilateral {
  const { width, height } = measureQuadrilateral(corners);
  return height > width ? turnCorners(corners, 3) : corners;
}
