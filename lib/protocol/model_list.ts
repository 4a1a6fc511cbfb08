/**
 * The models that the server knows.
 *
 * @module
 */

import * as v from "valibot";
import { FrameSizeSchema } from "./geometry.ts";
import { count, duration, text } from "./values.ts";

/** Schema of {@linkcode ModelInfo}. */
export const ModelInfoSchema = v.object({
  /** What `YOLO_MODEL` and the parameter `model` of nodes call it. */
  name: text,
  /** What it is for: to find objects, to classify, to find lines of text, to read them, or the characters that can be read. */
  role: v.picklist(["detector", "classifier", "text_detector", "text_recognizer", "characters"]),
  /** Name of its file, without folders. */
  file: text,
  /** Whether the file is there. */
  present: v.boolean(),
  /** Of the file, in bytes; `null` for one outside the model folder. */
  size_bytes: v.nullable(count),
  /** SPDX identifier; `null` for your own file, unless you said so when you added it. */
  licence: v.nullable(text),
  /** Ids of the pipelines that look or read with it. */
  used_by: v.array(text),
  /** Names of the classes that it knows, by their index; `null` where it knows none, or has not been looked into. */
  classes: v.nullable(v.array(text)),
  /** Input for a frame of 640x480; `null` where it has not been looked into. */
  input_size: v.nullable(FrameSizeSchema),
  /** What it computes with; `null` where it has not been looked into. */
  precision: v.nullable(v.picklist(["fp32", "int8"])),
  /** How fast it is on this machine; `null` where that has not been measured here. */
  speed: v.nullable(v.object({
    /** Milliseconds of one image alone. */
    ms: duration,
    /** Threads that it ran on. */
    threads: count,
    /** `autotune` measures at the start, with decoding a JPEG; `add` when the model is added, without. */
    measured_by: v.picklist(["autotune", "add"]),
  })),
});

/** A model as `GET /models` lists it. */
export type ModelInfo = v.InferOutput<typeof ModelInfoSchema>;

/** Schema of {@linkcode ModelList}. */
export const ModelListSchema = v.object({
  /** Those that livesyte can fetch, then your own. */
  models: v.array(ModelInfoSchema),
});

/** Answer of `GET /models`. */
export type ModelList = v.InferOutput<typeof ModelListSchema>;
