/**
 * The pipelines that a stream, an image or a video can ask for.
 *
 * @module
 */

import * as v from "valibot";
import { text } from "./values.ts";

/** Schema of {@linkcode PipelineSummary}. */
export const PipelineSummarySchema = v.object({
  /** Identifies it in requests, such as `yolo_ocr`. */
  id: text,
  /** For people, such as `Objects and text`. */
  name: text,
  /** A sentence for people about what it does. */
  description: text,
});

/** One pipeline as `GET /pipelines` lists it. */
export type PipelineSummary = v.InferOutput<typeof PipelineSummarySchema>;

/** Schema of {@linkcode PipelineList}. */
export const PipelineListSchema = v.object({
  /** In the order in which they are offered to people. */
  pipelines: v.array(PipelineSummarySchema),
});

/** Answer of `GET /pipelines`. */
export type PipelineList = v.InferOutput<typeof PipelineListSchema>;
