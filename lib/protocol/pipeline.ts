/**
 * One pipeline: its definition, and what is known about it.
 *
 * @module
 */

import * as v from "valibot";
import { FrameSizeSchema } from "./geometry.ts";
import { PipelineSummarySchema } from "./pipeline_list.ts";
import { PipelineResultSchema } from "./result.ts";
import { duration, text } from "./values.ts";

/** Schema of {@linkcode PipelineDefinition}. */
export const PipelineDefinitionSchema = v.object({
  ...PipelineSummarySchema.entries,
  /** At most 100, in any order; one of them has the step `result`. */
  nodes: v.array(v.object({
    /** Unique within the pipeline. */
    id: text,
    /** Name of the step that the node runs. */
    step: text,
    /** Parameters of the step that differ from their defaults. */
    params: v.exactOptional(v.record(v.string(), v.unknown())),
    /**
     * In a stream, shortest time between two runs, in milliseconds, up to 3600000: the node runs beside the frames, on the newest
     * one, and its last value holds meanwhile. With every frame by default, as for single images and videos in any case.
     */
    interval_ms: v.exactOptional(duration),
  })),
  /** At most 100, in any order; together they form no cycle. */
  edges: v.array(v.object({
    /** Id of the node whose output it carries. */
    from: text,
    /** Id of the node that receives it. */
    to: text,
  })),
});

/** A pipeline: steps, and how values flow between them. */
export type PipelineDefinition = v.InferOutput<typeof PipelineDefinitionSchema>;

/** Schema of {@linkcode Pipeline}. */
export const PipelineSchema = v.object({
  ...PipelineDefinitionSchema.entries,
  /** Ids of the nodes that start from the frame. */
  entry_nodes: v.array(text),
  /** Ids of the nodes that give the result. */
  output_nodes: v.array(text),
  /** The detectors and classifiers in the order of the nodes, then what reads text, each if the pipeline has a step for it. */
  models: v.array(v.object({
    /** Id in the catalogue; for your own file, its name without `.onnx`. */
    name: text,
    /** Name of its file, without folders. */
    file: text,
    /** SPDX identifier; `null` for your own file. */
    licence: v.nullable(text),
    /** `null` until the model has been loaded. */
    input_size: v.nullable(FrameSizeSchema),
  })),
});

/** A pipeline with its models. */
export type Pipeline = v.InferOutput<typeof PipelineSchema>;

/** Schema of {@linkcode StepInfo}. */
export const StepInfoSchema = v.object({
  /** The name by which nodes refer to it. */
  name: text,
  /** One sentence for people. */
  description: text,
  /** The types of values that it accepts, each at most once. */
  accepts: v.record(v.string(), v.picklist(["required", "optional"])),
  /** Type of the value that it produces. */
  produces: text,
  /** The workers that it runs on, the main thread, or any of these. */
  runs_on: v.picklist(["detection", "reading", "main", "anywhere"]),
  /** Whether its nodes may have `interval_ms`. */
  takes_interval: v.boolean(),
  /** JSON Schema of the `params` of its nodes. */
  params: v.record(v.string(), v.unknown()),
});

/** A step that pipelines can be made of. */
export type StepInfo = v.InferOutput<typeof StepInfoSchema>;

/** Schema of {@linkcode StepList}. */
export const StepListSchema = v.object({
  /** Every step. */
  steps: v.array(StepInfoSchema),
});

/** The answer of `GET /pipelines/steps`. */
export type StepList = v.InferOutput<typeof StepListSchema>;

/** Schema of {@linkcode Validation}. */
export const ValidationSchema = v.object({
  /** Whether the definition could run. */
  valid: v.boolean(),
  /** What is wrong with it, one sentence per error. */
  errors: v.array(text),
});

/** The answer of `POST /pipelines/validate`. */
export type Validation = v.InferOutput<typeof ValidationSchema>;

/** Schema of {@linkcode Run}. */
export const RunSchema = v.object({
  /** What was found in the image. */
  result: PipelineResultSchema,
});

/** The answer of `POST /pipelines/:id/run`. */
export type Run = v.InferOutput<typeof RunSchema>;
