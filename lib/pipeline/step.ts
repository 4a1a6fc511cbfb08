/**
 * What a step of a pipeline is.
 *
 * @module
 */

import type { Classifier } from "../detection/classifier.ts";
import type { Detector } from "../detection/detector.ts";
import type { FrameDecoder } from "../image/frame_decoder.ts";
import type { Size } from "../image/size.ts";
import type { Detection } from "../protocol/detection.ts";
import type { Classification } from "../protocol/classification.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import type { StageTimings } from "../protocol/result.ts";
import type { TextBlock } from "../protocol/text_block.ts";
import type { StepParam } from "./step_params.ts";

/** A line of text, and the region that it was read in, where only regions were read. */
export interface ReadLine extends TextBlock {
  /** The box that was given to the step, in pixels of the image. */
  region?: BoundingBox;
}

/** What the image, or a region of it, shows as a whole. */
export interface ClassifiedRegion {
  /** The box that was given to the step, in pixels of the image; not there for all of it. */
  region?: BoundingBox;
  /** Best first. */
  classes: Classification[];
}

/** What a pipeline finds in one image. */
export interface Findings {
  /** Size of the image, in pixels. */
  image: Size;
  /** Highest confidence first; empty where the pipeline does not look for objects. */
  detections: Detection[];
  /** In reading order; empty where the pipeline does not read. */
  textBlocks: TextBlock[];
  /** What the image shows as a whole, best first; not there where the pipeline does not classify it. */
  classes?: Classification[];
}

/** The values that edges carry, by type. */
export interface Values {
  /** Size of the image; its pixels are decoded where they are needed. */
  image: Size;
  /** Highest confidence first, in pixels of the image. */
  detections: Detection[];
  /** In reading order. */
  lines: ReadLine[];
  /** In the order of the regions. */
  classes: ClassifiedRegion[];
  /** What the pipeline gives in the end. */
  findings: Findings;
}

/** The type of a value that an edge carries. */
export type ValueType = keyof Values;

/** A value that a node has given. */
export type NodeValue = Values[ValueType];

/** What the edges to a node bring it, by type. */
export type StepInputs = Readonly<Partial<Values>>;

/** What a node sets for its step, by name; what is not set has the step's default. */
export type StepParams = Readonly<Record<string, unknown>>;

/** The workers that a step can run on. */
export type PoolName = "detection" | "reading";

/** What steps on the workers for detection work with. */
export interface DetectionContext {
  /** The image. */
  frame: FrameDecoder;
  /**
   * Loads the detector for the shape of the image, unless that has been done; it finds objects in its own `pixels`.
   *
   * The one before must not be used any more.
   *
   * @param model What the parameter `model` of the node says; `undefined` for the detector of all
   */
  detectorFor(model: string | undefined): Promise<Detector>;
  /**
   * Loads a classifier, unless that has been done; it looks at its own `pixels`.
   *
   * @param model What the parameter `model` of the node says; `undefined` for the classifier of all
   */
  classifierFor(model: string | undefined): Promise<Classifier>;
}

/** What steps on the worker for reading work with. */
export interface ReadingContext {
  /** The image. */
  frame: FrameDecoder;
  /**
   * Reads the image, or regions of it; lines of a stream are remembered from one image to the next.
   *
   * @param regions Boxes in pixels of the image; all of it by default
   */
  read(regions?: readonly BoundingBox[]): Promise<ReadLine[]>;
}

/** What steps on the main thread work with. */
export interface MainContext {
  /**
   * Gives objects that are followed a `track_id`; the detections as they are where there is no frame before.
   *
   * @param nodeId The node that follows them
   * @param size Of the image
   */
  track(nodeId: string, detections: readonly Detection[], size: Size): Detection[];
  /** The node that runs. */
  nodeId: string;
  /** Of the image. */
  size: Size;
}

/** What every step says of itself. */
interface StepDescription {
  /** One sentence for people. */
  description: string;
  /** The values that it takes; none for the step that stands for the image. */
  accepts: Readonly<Partial<Record<ValueType, "required" | "optional">>>;
  /** Type of the value that it gives. */
  produces: ValueType;
  /** The parameters that it has, by name. */
  params: Readonly<Record<string, StepParam>>;
  /** The stage of `timings_ms` that its time counts towards. */
  stage?: Exclude<keyof StageTimings, "wait" | "total" | "nodes">;
}

/** `inputs` holds what it accepts, where an edge brings it; `params` only what it has, of the right type. */
type Run<Context> = (
  inputs: StepInputs,
  params: StepParams,
  context: Context,
) => Promise<NodeValue> | NodeValue;

/** One kind of node of a pipeline; `runsOn` tells where, and with what, its `run` is called. */
export type Step =
  & StepDescription
  & (
    | { runsOn: "detection"; run: Run<DetectionContext> }
    | { runsOn: "reading"; run: Run<ReadingContext> }
    | { runsOn: "main"; run: Run<MainContext> }
    // The image itself, which is decoded wherever a step needs it.
    | { runsOn: "anywhere" }
  );
