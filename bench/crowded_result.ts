/** A result with as much to draw as a page may get. */

import type { Detection } from "../lib/protocol/detection.ts";
import type { Point } from "../lib/protocol/geometry.ts";
import type { PipelineResult } from "../lib/protocol/result.ts";

const FRAME = { width: 640, height: 480 };
const MASK_POINTS = 100;
const KEYPOINTS = 17;

/**
 * Objects side by side in rows of ten, each with a mask of 100 points and the 17 keypoints of a person.
 *
 * @param count Number of objects, from 1
 */
export function crowdedResult(count: number): PipelineResult {
  return {
    image: FRAME,
    detections: Array.from({ length: count }, (_, index) => person(index, Math.ceil(count / 10))),
    text_blocks: [],
    text: "",
    text_frame_index: null,
    timings_ms: { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 },
    models: { detector: "made by hand", recognizer: null },
  };
}

function person(index: number, rows: number): Detection {
  const [width, height] = [FRAME.width / 10, FRAME.height / rows];
  const [left, top] = [(index % 10) * width, Math.floor(index / 10) * height];
  const place = (x: number, y: number): Point => [
    Math.round(10 * (left + width * (0.5 + x / 2))) / 10,
    Math.round(10 * (top + height * (0.5 + y / 2))) / 10,
  ];
  return {
    label: "person",
    class_id: 0,
    confidence: 0.9,
    bbox: [left + 1, top + 1, width - 2, height - 2],
    track_id: index + 1,
    mask: Array.from({ length: MASK_POINTS }, (_, point) => {
      const angle = 2 * Math.PI * point / MASK_POINTS;
      const radius = 0.8 + 0.1 * Math.sin(7 * angle);
      return place(radius * Math.cos(angle), radius * Math.sin(angle));
    }),
    keypoints: Array.from({ length: KEYPOINTS }, (_, point) => {
      const [x, y] = place(0.6 * Math.cos(2 * point), 0.7 * Math.sin(3 * point));
      return [x, y, 0.9];
    }),
  };
}
