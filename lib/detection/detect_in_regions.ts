import { toCorners } from "../image/boxes.ts";
import { cropBox } from "../image/crop_box.ts";
import { decodeLetterboxed } from "../image/image_decoder.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import type { Detection } from "../protocol/detection.ts";
import { moveDetection } from "./move_detection.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import type { DetectOptions, Detector } from "./detector.ts";
import { suppressNonMaxima } from "./non_maximum_suppression.ts";

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
  for (const region of regions) found.push(...await lookAt(image, region, detector, options));
  return mergeSame(found);
}

/**
 * Finds objects in one region of an image, which fills the detector's input.
 *
 * @param region In pixels of the image
 * @returns Highest confidence first, in pixels of the image; nothing where the region lies outside of it
 */
export async function lookAt(
  image: PixelImage,
  region: BoundingBox,
  detector: Detector,
  options: DetectOptions,
): Promise<Detection[]> {
  const crop = cropBox(image, region);
  if (crop === undefined) return [];
  const letterbox = await decodeLetterboxed(crop.image, detector.input, detector.pixels, {
    maxPixels: Infinity,
    fit: detector.fit,
  });
  const found = await detector.detect(letterbox, options);
  return found.map((detection) => moveDetection(detection, crop));
}

/** Keeps an object that was found in several regions once, with its highest confidence. */
export function mergeSame(detections: readonly Detection[]): Detection[] {
  const candidates = detections.map((detection) => ({
    ...toCorners(detection.bbox),
    classId: detection.class_id,
    score: detection.confidence,
    detection,
  }));
  return suppressNonMaxima(candidates, SAME_OBJECT_IOU).map(({ detection }) => detection);
}
