/**
 * What is written at objects that are drawn, and where it goes.
 *
 * @module
 */

import type { Detection } from "../protocol/detection.ts";
import type { Quadrilateral } from "./map_geometry.ts";
import type { Size } from "./size.ts";

/** An axis-parallel rectangle; in pixels of an image, or CSS pixels. */
export interface Rectangle extends Size {
  /** Of the left edge. */
  x: number;
  /** Of the top edge; it grows downwards. */
  y: number;
}

/** Whether two rectangles share more than an edge. */
export function overlaps(a: Rectangle, b: Rectangle): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/**
 * Finds a place for the label of a box: above it, else inside at its top, below it, or inside at its bottom, where
 * it stays within what is seen of the image and covers no other label.
 *
 * @param visible The part of the image that is seen.
 * @param taken Where labels are already. If every place is taken, the first that fits is used all the same.
 */
export function placeLabel(
  box: Rectangle,
  label: Size,
  visible: Rectangle,
  taken: readonly Rectangle[],
): Rectangle {
  const rightmost = visible.x + visible.width - label.width;
  const x = Math.max(visible.x, Math.min(box.x, rightmost));
  const bottom = box.y + box.height;
  const places = [box.y - label.height, box.y, bottom, bottom - label.height]
    .map((y) => ({ x, y, ...label }))
    .filter(({ y }) => y >= visible.y && y + label.height <= visible.y + visible.height);
  return places.find((place) => !taken.some((other) => overlaps(place, other))) ?? places[0] ??
    { x, y: visible.y, ...label };
}

/**
 * Where the label of an object belongs: at its box, or at the topmost corner of a turned one, which can be far from the corner
 * of the box around it.
 */
export function labelAnchor(box: Rectangle, polygon?: Quadrilateral): Rectangle {
  if (polygon === undefined) return box;
  const [x, y] = polygon.reduce((top, corner) => corner[1] < top[1] ? corner : top);
  return { x, y, width: 0, height: Math.max(...polygon.map((corner) => corner[1])) - y };
}

/** The caption of an object: its class, and what it is classified as. */
export function detectionLabel({ label, confidence, classes: [best] = [] }: Detection): string {
  const kind = best === undefined
    ? ""
    : ` · ${className(best.label)} ${formatPercent(best.confidence)}`;
  return `${className(label)} ${formatPercent(confidence)}${kind}`;
}

/** The name of a class as people write it; models have all in small letters. */
export function className(label: string): string {
  return label === "tv" ? "TV" : label;
}

/** A share as people read it: 0.934 is `93 %`. */
export function formatPercent(share: number): string {
  // The space does not break, so that a number is never parted from its unit.
  return `${Math.round(share * 100)}\u00a0%`;
}
