/**
 * Moves everything in a result that lies somewhere in its frame.
 *
 * @module
 */

import type { Detection } from "../protocol/detection.ts";
import type { BoundingBox, Keypoint, Point } from "../protocol/geometry.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { TextBlock } from "../protocol/text_block.ts";

/** The four corners of a turned box, or of a line of text. */
export type Quadrilateral = TextBlock["polygon"];

/** Where things go. */
export interface GeometryMap {
  /** The new place of a point. */
  point: (point: Point) => Point;
  /** The new place of a box. */
  box: (box: BoundingBox) => BoundingBox;
  /**
   * The new order of corners, after they have been moved.
   *
   * @default {"as they are"}
   */
  order?: (corners: Quadrilateral) => Quadrilateral;
}

/** The same result with every box, outline, keypoint and corner moved; the size of the image stays. */
export function mapGeometry(result: PipelineResult, map: GeometryMap): PipelineResult {
  return {
    ...result,
    detections: result.detections.map((detection) => mapDetection(detection, map)),
    text_blocks: result.text_blocks.map((block) => ({
      ...block,
      polygon: mapCorners(block.polygon, map),
      bbox: map.box(block.bbox),
    })),
  };
}

/** The same object with its box, outline, keypoints and corners moved. */
export function mapDetection(detection: Detection, map: GeometryMap): Detection {
  const { bbox, mask, keypoints, polygon } = detection;
  const keypoint = ([x, y, confidence]: Keypoint): Keypoint => [...map.point([x, y]), confidence];
  return {
    ...detection,
    bbox: map.box(bbox),
    ...mask !== undefined && { mask: mask.map(map.point) },
    ...keypoints !== undefined && { keypoints: keypoints.map(keypoint) },
    ...polygon !== undefined && { polygon: mapCorners(polygon, map) },
  };
}

function mapCorners([a, b, c, d]: Quadrilateral, { point, order }: GeometryMap): Quadrilateral {
  const moved: Quadrilateral = [point(a), point(b), point(c), point(d)];
  return order?.(moved) ?? moved;
}
