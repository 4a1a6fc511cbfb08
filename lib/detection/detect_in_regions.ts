import { intersectionOverUnion, toCorners } from "../image/boxes.ts";
import { cropBox } from "../image/crop_box.ts";
import { decodeLetterboxed } from "../image/image_decoder.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import type { Detection } from "../protocol/detection.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import type { DetectOptions, Detector } from "./detector.ts";

/** Overlap (intersection over union) above which boxes that were found in two regions are one object. */
const SAME_OBJECT_IOU = 0.5;

/**
 * Finds objects in regions of an image, each of which fills the detector's input.
 *
 * @param regions In pixels of the image; they may overlap
 * @returns Highest confidence first, in pixels of the image; an object that lies in two regions is there once
 */
export async function detectInRegions(
  image: PixelImage,
  regions: readonly BoundingBox[],
  detector: Detector,
  options: DetectOptions,
): Promise<Detection[]> {
  const found: Detection[] = [];
  for (const region of regions) {
    const crop = cropBox(image, region);
    if (crop === undefined) continue;
    const letterbox = await decodeLetterboxed(crop.image, detector.input, detector.pixels, {
      maxPixels: Infinity,
    });
    for (const detection of await detector.detect(letterbox, options)) {
      const [x, y, width, height] = detection.bbox;
      const bbox: BoundingBox = [tenths(x + crop.left), tenths(y + crop.top), width, height];
      found.push({ ...detection, bbox });
    }
  }
  return mergeSame(found);
}

function mergeSame(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections.toSorted((a, b) => b.confidence - a.confidence)) {
    const corners = toCorners(detection.bbox);
    const isSame = (other: Detection) =>
      other.class_id === detection.class_id &&
      intersectionOverUnion(toCorners(other.bbox), corners) > SAME_OBJECT_IOU;
    if (!kept.some(isSame)) kept.push(detection);
  }
  return kept;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
