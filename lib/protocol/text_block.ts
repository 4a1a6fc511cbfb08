/**
 * One line of text read from a frame.
 *
 * @module
 */

import * as v from "valibot";
import { BoundingBoxSchema, PointSchema } from "./geometry.ts";
import { share, text } from "./values.ts";

/** Schema of {@linkcode TextBlock}. */
export const TextBlockSchema = v.object({
  /** As it was read; in streams, the text that its readings so far have voted for. */
  text,
  /** How certain the model is. */
  confidence: share,
  /** Corners, clockwise from the top left of the text. */
  polygon: v.strictTuple([PointSchema, PointSchema, PointSchema, PointSchema]),
  /** Axis-parallel box around the polygon. */
  bbox: BoundingBoxSchema,
  /** Whether several readings in a row have agreed; in streams only. */
  stable: v.exactOptional(v.boolean()),
});

/** One line of text read from a frame. */
export type TextBlock = v.InferOutput<typeof TextBlockSchema>;
