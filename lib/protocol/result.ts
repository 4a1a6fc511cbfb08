/**
 * What a pipeline found in one frame.
 *
 * A further field is one entry here: the types, the checks of the page, and, after `deno task docs`, the OpenAPI document and
 * the tables of `docs/` follow from it and its comment. Results of earlier versions lie in databases, so a new field has to
 * be `v.exactOptional`.
 *
 * @module
 */

import * as v from "valibot";
import { ClassificationSchema } from "./classification.ts";
import { DetectionSchema } from "./detection.ts";
import { FrameSizeSchema } from "./geometry.ts";
import { TextBlockSchema } from "./text_block.ts";
import { count, duration, text } from "./values.ts";

/** Schema of {@linkcode StageTimings}. */
export const StageTimingsSchema = v.object({
  /** From the arrival of the frame to a free worker. */
  wait: duration,
  /** Decoding the image and fitting it into the detector's input. */
  decode: duration,
  /** Finding objects. */
  detect: duration,
  /** Reading text; in streams it runs beside the frames and is reported once, with the text. */
  ocr: duration,
  /** From the arrival of the frame to its result; `ocr` of a stream is not a part of it. */
  total: duration,
  /** Each node of the pipeline that ran, by its id; one with an interval is reported once, with its output. */
  nodes: v.exactOptional(v.record(v.string(), duration)),
});

/** Time spent in each stage, in milliseconds; 0 for a stage that did not run. */
export type StageTimings = v.InferOutput<typeof StageTimingsSchema>;

/** Schema of {@linkcode Quality}. */
export const QualitySchema = v.object({
  /** 0 for the best. */
  level: count,
  /** Width of the detector's input in pixels. */
  width: count,
  /** Height of the detector's input in pixels. */
  height: count,
});

/** One step of the sizes that the detector's input can have in a stream; in results, of that for frames of this shape. */
export type Quality = v.InferOutput<typeof QualitySchema>;

/** Schema of {@linkcode PipelineResult}. */
export const PipelineResultSchema = v.pipe(
  v.object({
    /** Size of the frame as received. */
    image: FrameSizeSchema,
    /** Sorted by confidence, highest first. */
    detections: v.array(DetectionSchema),
    /** What the frame as a whole is classified as, best first; only where the pipeline classifies it. */
    classes: v.exactOptional(v.array(ClassificationSchema)),
    /** In reading order. */
    text_blocks: v.array(TextBlockSchema),
    /** The texts of the text blocks, one a line. */
    text,
    /** The frame that the text was read from; `null` when no text has been looked for. */
    text_frame_index: v.nullable(count),
    /** Time that the frame took on the server, in milliseconds. */
    timings_ms: StageTimingsSchema,
    /** The step of quality in use, and the detector's input for this frame; in streams only. */
    quality: v.exactOptional(QualitySchema),
    /** Names of the models in use. */
    models: v.object({
      /** That of the first node that looks with a model; `null` where the pipeline looks for no objects. */
      detector: v.nullable(text),
      /** `null` where the pipeline reads no text. */
      recognizer: v.nullable(text),
      /** Names of the keypoints of each object, in their order; only where the detector gives keypoints. */
      keypoint_names: v.exactOptional(v.array(text)),
    }),
  }),
  v.metadata({ patternProperties: { "_frame_index$": { type: ["integer", "null"] } } }),
);

/**
 * What a pipeline found in one frame. For a node with an interval that does not read text, `<node>_frame_index` is the frame
 * that its output came from, or `null` before the first.
 */
export type PipelineResult =
  & v.InferOutput<typeof PipelineResultSchema>
  & { [nodeFrameIndex: `${string}_frame_index`]: number | null };
