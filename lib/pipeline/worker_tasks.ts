/** What the workers for detection and for reading are told, and what they answer. */

import type { TextBlock } from "../protocol/stream_messages.ts";
import type { DetectorOptions } from "../detection/detector.ts";
import type { ImageInput } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";
import type { PipelineDefinition } from "./pipeline_definition.ts";
import type { PreparedDetector } from "../models/specialized_model.ts";

/** What a worker can be asked to look at. */
export interface WorkerTask {
  /** Not to be used any more by whoever gives the task. */
  picture: ImageInput;
}

/** Runs a pipeline on a picture, but for reading its text; the outcome is a `RunOutcome`. */
export interface DetectTask extends WorkerTask {
  /** Id of one of the pipelines that the worker was told of. */
  pipelineId: string;
  /** Input of the detector that is to be used; the one loaded at the start where it is not given or unknown. */
  inputSize?: Size | undefined;
  /** Threads that it is to run on; as many as at the start where it is not given. */
  threads?: number;
}

/** Reads the text in a picture; the outcome is a {@linkcode ReadOutcome}. */
export interface ReadTask extends WorkerTask {
  /** The stream that the picture is of, whose lines are remembered; a picture of its own without one. */
  sessionId?: string;
}

/** The text of a picture. */
export interface ReadOutcome {
  /** Size of the picture, in pixels. */
  image: Size;
  /** In reading order. */
  textBlocks: TextBlock[];
  /** Milliseconds that each stage took. */
  stages: { decode: number; ocr: number };
}

/** A detector that a worker can load. */
export type DetectorSetup = PreparedDetector & Omit<DetectorOptions, "model">;

/** What a worker for detection needs to know before its first picture. */
export interface WorkerSetup {
  /** Every pipeline that a task may name. */
  pipelines: PipelineDefinition[];
  /** Loaded at the start, and used where a frame asks for no other input or threads. */
  detector: DetectorSetup;
  /** The same detector for other inputs. These, and one for other threads, are loaded when a frame first asks for them. */
  otherDetectors: DetectorSetup[];
  /** Most pixels that a picture may have. */
  maxPixels: number;
}

/** What a worker for reading needs to know before its first picture. */
export interface ReaderSetup {
  /** Path of the model that finds lines of text. */
  detectorModel: string;
  /** Path of the model that reads lines of text. */
  recognizerModel: string;
  /** Path of the characters that the recognizer knows, one a line. */
  dictionary: string;
  /** Threads that one inference runs on. */
  threads: number;
  /** Most pixels that a picture may have. */
  maxPixels: number;
}
