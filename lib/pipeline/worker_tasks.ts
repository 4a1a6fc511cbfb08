/** The tasks of the detection and reading workers, and their answers. */

import type { Device, TextModelName, TextPrecision } from "../config.ts";
import type { ImageInput } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";
import type { KnownLine } from "../ocr/line_tracker.ts";
import type { SearchedImage } from "../ocr/still_image.ts";
import type { NodeValue } from "./step.ts";
import type { PipelineDefinition } from "../protocol/pipeline.ts";
import type { Precision, PreparedDetector } from "../models/specialized_model.ts";

/** Runs some nodes of a pipeline on an image. */
export interface SegmentTask {
  /** Encoded, or as pixels; its memory goes to the worker, so the sender must not use it afterwards. */
  image: ImageInput;
  /**
   * Whether an encoded image is turned as its EXIF orientation says, so that coordinates are those of what people see.
   *
   * @default {false}
   */
  upright?: boolean | undefined;
  /** Id of one of the pipelines that the worker was told of. */
  pipelineId: string;
  /** Ids of the nodes, in the order in which they run. */
  nodes: readonly string[];
  /** The values of nodes elsewhere that they take, by id. */
  given: Readonly<Record<string, NodeValue>>;
}

/** Runs nodes that find objects. */
export interface DetectTask extends SegmentTask {
  /** Input of the detector that is to be used, in pixels; that of the start where it is not given. */
  inputSize?: Size | undefined;
  /** What it is to compute with; what the first detector does where it is not given or not there. */
  precision?: Precision;
  /** Threads that it is to run on; as many as at the start where it is not given. */
  threads?: number;
}

/** What is known of the text of a stream: plain values, which travel with the frame and come back with its outcome. */
export interface TextMemory {
  /** The lines that were read. */
  lines: readonly KnownLine[];
  /** The image in which they were searched for last; `undefined` before the first. */
  searched: SearchedImage | undefined;
}

/** Runs nodes that read text. */
export interface ReadTask extends SegmentTask {
  /** What is known of the stream that the image is of; an image of its own without it. */
  memory?: TextMemory | undefined;
}

/** What running nodes gave. */
export interface SegmentOutcome {
  /** Size of the image, in pixels. */
  image: Size;
  /** The value of each node, by its id. */
  values: Record<string, NodeValue>;
  /** Milliseconds that each node took without decoding, by its id. */
  times: Record<string, number>;
  /** Milliseconds that decoding took. */
  decodeMs: number;
  /** Input of the detector that was used, in pixels; `undefined` where none was. */
  input?: Size | undefined;
  /** What is known of the stream's text now; not there where the task had no memory. */
  memory?: TextMemory;
}

/** What a worker for detection needs to know before its first image. */
export interface WorkerSetup {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** The detector of all nodes, for each precision that a frame may ask for; none where a classifier is the model of all. */
  detectors: readonly PreparedDetector[];
  /** The models that nodes name, by what they name; each is loaded when a node first needs it. */
  models: ReadonlyMap<string, PreparedDetector>;
  /** Files of the classifiers that nodes name, by what they name, and of that of all nodes; loaded like the models. */
  classifiers: ReadonlyMap<string | undefined, string>;
  /** Memory for the models that a worker keeps, in bytes; see {@linkcode ModelCache}. */
  memoryBytes: number | undefined;
  /** Input of the detector, in pixels. */
  inputSize: Size;
  /** Whether a frame gets an input of its shape, of as many pixels. */
  fitsFrames: boolean;
  /** Threads of an inference. */
  threads: number;
  /** What runs the detector. */
  device: Device;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
  /** Most pixels that an image may have. */
  maxPixels: number;
}

/** What a worker for reading needs to know before its first image. */
export interface ReaderSetup {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** Folder of the model files. */
  modelDir: string;
  /** The text model, whose files are there. */
  model: TextModelName;
  /** What it computes with. */
  precision: TextPrecision;
  /** Threads that one inference runs on. */
  threads: number;
  /** Most pixels that an image may have. */
  maxPixels: number;
}
