/**
 * Where something lies in a frame.
 *
 * @module
 */

import * as v from "valibot";
import { count } from "./values.ts";

/** Schema of {@linkcode BoundingBox}, whose type names what each number is. */
export const BoundingBoxSchema: v.GenericSchema<
  [x: number, y: number, width: number, height: number]
> = v.strictTuple([v.number(), v.number(), v.number(), v.number()]);

/** `[x, y, width, height]` in pixels of the frame as received, rounded to 0.1 and clipped to it. */
export type BoundingBox = v.InferOutput<typeof BoundingBoxSchema>;

/** Schema of {@linkcode Point}. */
export const PointSchema: v.GenericSchema<[x: number, y: number]> = v.strictTuple([
  v.number(),
  v.number(),
]);

/** `[x, y]` in pixels of the frame as received. */
export type Point = v.InferOutput<typeof PointSchema>;

/** Schema of {@linkcode Keypoint}. */
export const KeypointSchema: v.GenericSchema<[x: number, y: number, confidence: number]> = v
  .strictTuple([v.number(), v.number(), v.number()]);

/** `[x, y, confidence]`: a point in pixels of the frame as received, rounded to 0.1, and how certain it is, from 0 to 1. */
export type Keypoint = v.InferOutput<typeof KeypointSchema>;

/** Schema of {@linkcode FrameSize}. */
export const FrameSizeSchema = v.object({
  /** From the left edge to the right one. */
  width: count,
  /** From the top edge to the bottom one. */
  height: count,
});

/** A size in pixels. */
export type FrameSize = v.InferOutput<typeof FrameSizeSchema>;
