/** Results with everything that models can find, for property tests. @module */

import fc from "fast-check";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { BoundingBox, Keypoint, Point } from "../../lib/protocol/geometry.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";

/** Size of the frames of {@linkcode anyResult}, in pixels. */
export const FRAME = { width: 640, height: 480 };

const anyPoint: fc.Arbitrary<Point> = fc.tuple(tenths(FRAME.width), tenths(FRAME.height));
const anyCorners = fc.tuple(anyPoint, anyPoint, anyPoint, anyPoint);
const anyBox: fc.Arbitrary<BoundingBox> = fc.tuple(anyPoint, anyPoint).map(([[x, y], [w, h]]) => [
  x,
  y,
  w,
  h,
]);
const anyKeypoint: fc.Arbitrary<Keypoint> = fc.tuple(
  tenths(FRAME.width),
  tenths(FRAME.height),
  fc.double({ min: 0, max: 1, noNaN: true }),
);

const anyDetection: fc.Arbitrary<Detection> = fc.record({
  label: fc.constant("person"),
  class_id: fc.constant(0),
  confidence: fc.constant(0.9),
  bbox: anyBox,
  mask: fc.array(anyPoint, { maxLength: 200 }),
  keypoints: fc.array(anyKeypoint, { maxLength: 17 }),
  polygon: anyCorners,
}, { requiredKeys: ["label", "class_id", "confidence", "bbox"] });

/** Results of a frame of 640×480, whose coordinates are rounded to 0.1. */
export const anyResult: fc.Arbitrary<PipelineResult> = fc.record({
  detections: fc.array(anyDetection, { maxLength: 3 }),
  text_blocks: fc.array(
    fc.record({
      text: fc.constant("Gate"),
      confidence: fc.constant(0.8),
      polygon: anyCorners,
      bbox: anyBox,
    }),
    { maxLength: 2 },
  ),
}).map((found) => ({
  image: FRAME,
  ...found,
  text: "",
  text_frame_index: null,
  timings_ms: { wait: 0, decode: 0, detect: 1, ocr: 0, total: 1 },
  models: { detector: "yolov8n-pose", recognizer: null },
}));

/** From 0 to `end` in steps of 0.1. */
function tenths(end: number): fc.Arbitrary<number> {
  return fc.integer({ min: 0, max: end * 10 }).map((value) => value / 10);
}
