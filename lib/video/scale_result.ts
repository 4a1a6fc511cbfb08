/**
 * Brings a result from the size at which a frame was processed to the size of the video.
 *
 * @module
 */

import { roundToTenths } from "../image/round_to_tenths.ts";
import type { BoundingBox, Point } from "../protocol/geometry.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { Size } from "../image/size.ts";

/** The same result in pixels of an image of another size, rounded to 0.1 as the protocol has it. */
export function scaleResult(result: PipelineResult, { width, height }: Size): PipelineResult {
  const x = width / result.image.width;
  const y = height / result.image.height;
  if (x === 1 && y === 1) return result;
  const scaleBox = ([left, top, boxWidth, boxHeight]: BoundingBox): BoundingBox => [
    roundToTenths(left * x),
    roundToTenths(top * y),
    roundToTenths(boxWidth * x),
    roundToTenths(boxHeight * y),
  ];
  const scalePoint = (
    [left, top]: Point,
  ): Point => [roundToTenths(left * x), roundToTenths(top * y)];
  return {
    ...result,
    image: { width, height },
    detections: result.detections.map((detection) => ({
      ...detection,
      bbox: scaleBox(detection.bbox),
    })),
    text_blocks: result.text_blocks.map((block) => {
      const [a, b, c, d] = block.polygon;
      return {
        ...block,
        polygon: [scalePoint(a), scalePoint(b), scalePoint(c), scalePoint(d)],
        bbox: scaleBox(block.bbox),
      };
    }),
  };
}
