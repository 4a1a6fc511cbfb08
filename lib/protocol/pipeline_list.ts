/**
 * The pipelines that a stream, an image or a video can ask for.
 *
 * @module
 */

import * as v from "valibot";
import { text } from "./values.ts";

/** Schema of {@linkcode PipelineSummary}. */
export const PipelineSummarySchema = v.object({
  /** Stands for it in requests, such as `yolo_ocr`; 1 to 200 characters. */
  id: text,
  /** For people, such as `Objects and text`; 1 to 200 characters. */
  name: text,
  /** A sentence for people on what it does, of 1 to 200 characters. */
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
