/**
 * Brings a result from the size at which a frame was processed to the size of the video.
 *
 * @module
 */

import { roundToTenths } from "../image/round_to_tenths.ts";
import { mapGeometry } from "../image/map_geometry.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { Size } from "../image/size.ts";

/** The same result in pixels of an image of another size, rounded to 0.1 as the protocol has it. */
export function scaleResult(result: PipelineResult, { width, height }: Size): PipelineResult {
  const x = width / result.image.width;
  const y = height / result.image.height;
  if (x === 1 && y === 1) return result;
  const scaled = mapGeometry(result, {
    point: ([left, top]) => [roundToTenths(left * x), roundToTenths(top * y)],
    box: ([left, top, boxWidth, boxHeight]) => [
      roundToTenths(left * x),
      roundToTenths(top * y),
      roundToTenths(boxWidth * x),
      roundToTenths(boxHeight * y),
    ],
  });
  return { ...scaled, image: { width, height } };
}
