/**
 * Cuts lines of text out of images, upright and of one height, as the recognizer takes them.
 *
 * @module
 */

import type { PixelImage } from "../image/pixel_image.ts";
import { cropLine } from "./crop_line.ts";
import {
  growRectangle,
  measureQuadrilateral,
  type Quadrilateral,
  rectangleCorners,
  toRectangle,
} from "./geometry.ts";
import { BLANK_SHARE } from "./restore_spaces.ts";

/** Height of a strip, in pixels: that of the recognizer's input. */
export const STRIP_HEIGHT = 48;

/** A line of text, upright. */
export interface LineStrip {
  /** HWC uint8 RGB, {@linkcode STRIP_HEIGHT} rows. */
  pixels: Uint8Array;
  /** In pixels. */
  width: number;
  /** How much wider the line is than in its image, where its height is that of the strip. */
  stretch: number;
  /** Whether the line runs up or down in its image, as columns of vertical writing do. */
  isColumn: boolean;
}

/** A stretch of a strip. */
export interface StripPart {
  /** First column. */
  start: number;
  /** Column after the last. */
  end: number;
  /** Blank columns before and after the cut at its end, which tell a space from a letter's edge. */
  gap: number;
}

/**
 * Cuts a line out of an image.
 *
 * @param corners Corners of the line's box from the top left of its text, in pixels of the image.
 * @param margin What the strip shows around the box, on each side, as a share of the box's shorter side.
 * @param stretch How much wider than in the image the line is to be.
 */
export function cutStrip(
  image: PixelImage,
  corners: Quadrilateral,
  margin: number,
  stretch: number,
): LineStrip {
  const box = toRectangle(corners);
  const grown = rectangleCorners(growRectangle(box, margin * Math.min(box.width, box.height)));
  const { width, height } = measureQuadrilateral(grown);
  const columns = Math.max(1, Math.round(width / height * STRIP_HEIGHT * stretch));
  const pixels = new Uint8Array(columns * STRIP_HEIGHT * 3);
  const target = { pixels, offset: 0, stride: columns * 3, width: columns, height: STRIP_HEIGHT };
  cropLine(image, grown, target);
  const isColumn = Math.abs(Math.sin(box.angle)) > Math.SQRT1_2;
  return { pixels, width: columns, stretch, isColumn };
}

/**
 * Splits a strip that is too long into parts, between characters where it can.
 *
 * Each cut is in the middle of the widest gap in the last third of what a part may hold, or, where there is
 * none, at the column of the least contrast.
 *
 * @param maximum Most columns that a part may have.
 */
export function splitStrip(strip: LineStrip, maximum: number): StripPart[] {
  const parts: StripPart[] = [];
  let start = 0;
  if (strip.width > maximum) {
    const contrasts = columnContrasts(strip);
    const blank = contrasts.reduce((most, contrast) => Math.max(most, contrast), 0) * BLANK_SHARE;
    while (strip.width - start > maximum) {
      const from = start + Math.floor(maximum * 2 / 3);
      const { cut, gap } = findCut(contrasts, from, start + maximum, blank);
      parts.push({ start, end: cut, gap });
      start = cut;
    }
  }
  parts.push({ start, end: strip.width, gap: 0 });
  return parts;
}

/** Measures the contrast within each column of a strip, from 0 to 255. */
export function columnContrasts({ pixels, width }: LineStrip): Float64Array {
  const contrasts = new Float64Array(width);
  for (let column = 0; column < width; column++) {
    let [least, most] = [255, 0];
    for (let row = 0; row < STRIP_HEIGHT; row++) {
      const at = (row * width + column) * 3;
      const value = (pixels[at] ?? 0) * 0.299 + (pixels[at + 1] ?? 0) * 0.587 +
        (pixels[at + 2] ?? 0) * 0.114;
      least = Math.min(least, value);
      most = Math.max(most, value);
    }
    contrasts[column] = most - least;
  }
  return contrasts;
}

/** Measures the height of the ink in a strip, in pixels. */
export function inkHeight({ pixels, width }: LineStrip): number {
  const contrasts = Array.from({ length: STRIP_HEIGHT }, (_, row) => {
    let [least, most] = [255, 0];
    for (let at = row * width * 3; at < (row + 1) * width * 3; at += 3) {
      least = Math.min(least, pixels[at + 1] ?? 0);
      most = Math.max(most, pixels[at + 1] ?? 0);
    }
    return most - least;
  });
  const blank = Math.max(...contrasts) * BLANK_SHARE;
  const first = contrasts.findIndex((contrast) => contrast > blank);
  return contrasts.findLastIndex((contrast) => contrast > blank) - first;
}

function findCut(contrasts: Float64Array, from: number, to: number, blank: number) {
  let palest = from;
  let best = { cut: 0, gap: 0 };
  let gap = 0;
  for (let column = from; column < to; column++) {
    const contrast = contrasts[column] ?? 0;
    if (contrast < (contrasts[palest] ?? 0)) palest = column;
    gap = contrast <= blank ? gap + 1 : 0;
    if (gap > best.gap) best = { cut: column + 1 - Math.floor(gap / 2), gap };
  }
  return best.gap > 0 ? best : { cut: palest, gap: 0 };
}
