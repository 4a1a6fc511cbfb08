/**
 * One object found in a frame.
 *
 * @module
 */

import * as v from "valibot";
import { ClassificationSchema } from "./classification.ts";
import { BoundingBoxSchema, KeypointSchema, PointSchema } from "./geometry.ts";
import { count, share, text } from "./values.ts";

/** Schema of {@linkcode Detection}. */
export const DetectionSchema = v.object({
  /** Name of the class, such as `dog`. */
  label: text,
  /** Index of the class in the model. */
  class_id: count,
  /** How certain the model is. */
  confidence: share,
  /** Around the part of the object that lies in the frame. */
  bbox: BoundingBoxSchema,
  /**
   * Number of the object within the stream or the video, the same in every frame in which it is tracked; a doubtful
   * detection, or an object that is seen for the first time, has none.
   */
  track_id: v.exactOptional(count),
  /** Outline of the object, at most 200 points; only where the model gives masks, and some of this one is in the frame. */
  mask: v.exactOptional(v.array(PointSchema)),
  /** Points of the object in the order of `keypoint_names`; only where the model gives them. */
  keypoints: v.exactOptional(v.array(KeypointSchema)),
  /** Corners of the box as it is turned, which `bbox` encloses; only where the model gives turned boxes. */
  polygon: v.exactOptional(v.strictTuple([PointSchema, PointSchema, PointSchema, PointSchema])),
  /** What the object is classified as, best first; only where the pipeline classifies inside of boxes. */
  classes: v.exactOptional(v.array(ClassificationSchema)),
  /** What was read inside the box, a line each; only where the pipeline reads inside of boxes. */
  text: v.exactOptional(text),
});

/** One object found in a frame. */
export type Detection = v.InferOutput<typeof DetectionSchema>;
