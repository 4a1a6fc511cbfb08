/**
 * One object found in a frame.
 *
 * @module
 */

import * as v from "valibot";
import { BoundingBoxSchema } from "./geometry.ts";
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
  /** What was read inside the box, a line each; only where the pipeline reads inside of boxes. */
  text: v.exactOptional(text),
});

/** One object found in a frame. */
export type Detection = v.InferOutput<typeof DetectionSchema>;
