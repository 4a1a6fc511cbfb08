/**
 * Brings a result from the size at which a frame was processed to another, such as that of the video.
 *
 * @module
 */

import type { BoundingBox } from "../protocol/geometry.ts";
import type { PipelineResult } from "../protocol/result.ts";
import { mapGeometry } from "./map_geometry.ts";
import { roundToTenths } from "./round_to_tenths.ts";
import type { Size } from "./size.ts";

/** The same result in pixels of an image of another size, rounded to 0.1 as the protocol has it. */
export function scaleResult(result: PipelineResult, size: Size): PipelineResult {
  const { image } = result;
  const { width, height } = size;
  if (width === image.width && height === image.height) return result;
  const [x, y] = [width / image.width, height / image.height];
  const scaled = mapGeometry(result, {
    point: ([left, top]) => [roundToTenths(left * x), roundToTenths(top * y)],
    box: (box) => scaleBox(box, image, size),
  });
  return { ...scaled, image: { width, height } };
}

/** A box in pixels of an image of another size, rounded to 0.1; of the same size as it is. */
export function scaleBox(
  [left, top, width, height]: BoundingBox,
  from: Size,
  to: Size,
): BoundingBox {
  const [x, y] = [to.width / from.width, to.height / from.height];
  if (x === 1 && y === 1) return [left, top, width, height];
  return [
    roundToTenths(left * x),
    roundToTenths(top * y),
    roundToTenths(width * x),
    roundToTenths(height * y),
  ];
}
