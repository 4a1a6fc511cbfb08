import type { BoundingBox } from "../protocol/geometry.ts";

/** A box by its corners, in pixels. */
export interface Corners {
  /** x of the left side. */
  left: number;
  /** y of the upper side; y points down. */
  top: number;
  /** x of the right side. */
  right: number;
  /** y of the lower side. */
  bottom: number;
}

/** The corners of a box of a result. */
export function toCorners([left, top, width, height]: BoundingBox): Corners {
  return { left, top, right: left + width, bottom: top + height };
}

/** Area of a box of a result, in square pixels. */
export function boxArea([, , width, height]: BoundingBox): number {
  return width * height;
}

/** Intersection over union of two boxes, between 0 and 1; 0 where both are empty. */
export function intersectionOverUnion(a: Corners, b: Corners): number {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (area(a) + area(b) - intersection);
}

function area(box: Corners): number {
  return (box.right - box.left) * (box.bottom - box.top);
}
