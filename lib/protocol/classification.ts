/**
 * What an image, or an object in it, shows as a whole.
 *
 * @module
 */

import * as v from "valibot";
import { count, share, text } from "./values.ts";

/** Schema of {@linkcode Classification}. */
export const ClassificationSchema = v.object({
  /** Name of the class, such as `tabby`. */
  label: text,
  /** Index of the class in the model. */
  class_id: count,
  /** How certain the model is. */
  confidence: share,
});

/** One class that an image, or an object in it, may belong to. */
export type Classification = v.InferOutput<typeof ClassificationSchema>;
