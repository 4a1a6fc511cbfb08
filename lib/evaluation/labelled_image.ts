import type { BoundingBox } from "../protocol/geometry.ts";

/** An object that is in an image. */
export interface LabelledObject {
  /** Index of its class, from 0. */
  classId: number;
  /** x, y, width and height in pixels of the image. */
  bbox: BoundingBox;
}

/** An object that a detector has found. */
export interface FoundObject extends LabelledObject {
  /** Between 0 and 1. */
  confidence: number;
}

/** What is in an image, beside what was found in it. */
export interface LabelledImage {
  /** All that there is to find, of every class. */
  objects: readonly LabelledObject[];
  /** In any order; among equal confidences the first counts as the better one. */
  detections: readonly FoundObject[];
}
