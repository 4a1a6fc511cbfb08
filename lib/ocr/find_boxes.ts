/**
 * Finds the boxes of text lines in a detector's probability map.
 *
 * The post-processing of differentiable binarization (Liao et al. 2020, "Real-time scene text detection
 * with differentiable binarization"), with rectangles as PaddleOCR uses them.
 *
 * @module
 */

import { findComponents } from "./components.ts";
import {
  convexHull,
  growRectangle,
  levelRectangle,
  minimumAreaRectangle,
  type RotatedRectangle,
} from "./geometry.ts";

/** Where text is likely, pixel by pixel. */
export interface ProbabilityMap {
  /** Between 0 and 1, row by row; a row holds `stride` values, of which `width` count. */
  values: Float32Array;
  /** Values of a row that count. */
  width: number;
  /** Number of rows. */
  height: number;
  /** Values from one row to the next, `width` or more. */
  stride: number;
}

/** A rectangle around one line of text. */
export interface TextBox {
  /** In pixels of the map, grown to hold the whole glyphs; `angle` is within ±45°. */
  rectangle: RotatedRectangle;
  /**
   * Mean probability of the line's pixels, between 0 and 1.
   *
   * The mean within the rectangle, which PaddleOCR takes by default, loses lines that are long and turned, as
   * the network draws them thin and slightly bent.
   */
  score: number;
}

/** Options for {@linkcode findBoxes}; the defaults are PaddleOCR's. */
export interface FindBoxesOptions {
  /**
   * Probability above which a pixel is text.
   *
   * @default {0.3}
   */
  threshold?: number;
  /**
   * Score that a box needs.
   *
   * @default {0.6}
   */
  boxScore?: number;
  /**
   * How far boxes grow, as the network was trained on shrunken ones: by `area * unclipRatio / perimeter`.
   *
   * @default {1.5}
   */
  unclipRatio?: number;
  /**
   * Shorter side that a box needs, in pixels, before and (by 2 more) after it grew.
   *
   * @default {3}
   */
  minimumSide?: number;
}

/** Finds the boxes of text lines, in no particular order. */
export function findBoxes(
  map: ProbabilityMap,
  { threshold = 0.3, boxScore = 0.6, unclipRatio = 1.5, minimumSide = 3 }: FindBoxesOptions = {},
): TextBox[] {
  const boxes: TextBox[] = [];
  for (const { outline, mean } of findComponents(map, threshold)) {
    if (mean < boxScore) continue;
    const rectangle = levelRectangle(minimumAreaRectangle(convexHull(outline)));
    if (Math.min(rectangle.width, rectangle.height) < minimumSide) continue;
    const grown = unclip(rectangle, unclipRatio);
    if (Math.min(grown.width, grown.height) < minimumSide + 2) continue;
    boxes.push({ rectangle: grown, score: mean });
  }
  return boxes;
}

/**
 * Grows a rectangle to all sides by `area * ratio / perimeter`.
 *
 * The general polygon offset, followed by the smallest rectangle around its rounded outcome, comes to
 * this for a rectangle.
 */
export function unclip(rectangle: RotatedRectangle, ratio: number): RotatedRectangle {
  const { width, height } = rectangle;
  if (width + height === 0) return rectangle;
  return growRectangle(rectangle, width * height * ratio / (2 * (width + height)));
}
