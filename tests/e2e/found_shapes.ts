/** What models of every kind may find in `dog.jpg`, made by hand. @module */

import type { PipelineResult } from "../../lib/protocol/result.ts";
import type { Point } from "../../lib/protocol/geometry.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";

/** Outline of the dog. */
const DOG_MASK: Point[] = [
  ...[[268, 220], [300, 224], [309, 262], [296, 300], [306, 330], [282, 400], [300, 460]],
  ...[[310, 470], [296, 484], [262, 470], [240, 490], [276, 510], [262, 530], [200, 540]],
  ...[[150, 510], [133, 480], [140, 400], [170, 350], [214, 300], [222, 250]],
] as Point[];

/** Keypoints of someone who stands before the door on the right: all but the right wrist are certain. */
const PERSON_KEYPOINTS = [
  ...[[620, 180], [626, 174], [614, 174], [634, 178], [606, 178], [644, 214], [596, 214]],
  ...[[660, 256], [580, 256], [668, 296], [574, 300], [634, 306], [606, 306], [640, 372]],
  ...[[600, 372], [644, 440], [596, 440]],
].map(([x = 0, y = 0], index): [number, number, number] => [x, y, index === 10 ? 0.2 : 0.9]);

/** An object with an outline, one with keypoints, one whose box is turned, and what the image shows as a whole. */
export const FOUND: PipelineResult = {
  image: { width: 768, height: 576 },
  detections: [
    {
      ...{
        label: "dog",
        class_id: 16,
        confidence: 0.93,
        bbox: [131, 218, 178, 322],
        mask: DOG_MASK,
      },
      classes: [{ label: "husky", class_id: 250, confidence: 0.81 }],
    },
    {
      ...{ label: "person", class_id: 0, confidence: 0.88, bbox: [566, 160, 110, 292] },
      keypoints: PERSON_KEYPOINTS,
    },
    {
      ...{ label: "truck", class_id: 7, confidence: 0.71, bbox: [462, 68, 236, 112] },
      polygon: [[468, 68], [698, 100], [692, 180], [462, 148]],
    },
  ],
  classes: [
    { label: "porch", class_id: 3, confidence: 0.62 },
    { label: "street", class_id: 9, confidence: 0.3 },
    { label: "yard", class_id: 11, confidence: 0.02 },
  ],
  text_blocks: [],
  text: "",
  text_frame_index: null,
  timings_ms: { wait: 0, decode: 3, detect: 20, ocr: 0, total: 23 },
  models: { detector: "made by hand", recognizer: null },
};

/** A pipeline that finds the same in every frame. */
export class FixedPipeline implements FrameProcessor {
  /** What it finds. */
  found: PipelineResult = FOUND;

  /** Knows every pipeline. */
  isValidPipeline(): boolean {
    return true;
  }

  /** Looks at nothing. */
  runOnFrame(): Promise<PipelineResult> {
    return Promise.resolve(this.found);
  }
}
