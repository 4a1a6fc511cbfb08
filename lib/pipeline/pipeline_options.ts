/**
 * The options of pipelines and their defaults.
 *
 * @module
 */

import {
  type Device,
  PIPELINE_DEFAULTS,
  type PrecisionChoice,
  type TextModelName,
  type TextPrecision,
} from "../config.ts";
import type { LicenceChoice } from "../licence.ts";
import type { Size } from "../image/size.ts";
import type { WorkerRestart } from "../workers/worker_pool.ts";

/** Options for {@linkcode PipelineService}. */
export interface PipelineServiceOptions {
  /** Folder of the model files. */
  modelDir: string;
  /**
   * The detector of all nodes that name no other: an id of `models.json`, the name of a file in `modelDir`, or the path of one.
   *
   * @default {"yolov8n"}
   */
  model?: string;
  /**
   * Size of the detector's input in pixels, multiples of 32, whatever shape the frames have. By default each frame gets an input
   * of its shape, of as many pixels as 640x480.
   */
  inputSize?: Size | undefined;
  /**
   * What the detector computes with; `auto` for what is faster on this machine.
   *
   * @default {"auto"}
   */
  precision?: PrecisionChoice;
  /**
   * Confidence that a detection has to exceed, between 0 and 1.
   *
   * @default {0.25}
   */
  confidence?: number;
  /**
   * Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1.
   *
   * @default {0.45}
   */
  iou?: number;
  /**
   * Number of inference workers, 0 where others compute; found out at the start where it is not given.
   */
  workers?: number;
  /**
   * Threads of each worker; found out at the start, for few and for many frames at once, where neither is given.
   */
  threads?: number;
  /**
   * What runs the detector; `auto` to find out at the start.
   *
   * @default {"cpu"}
   */
  device?: Device | "auto";
  /**
   * Most pixels that an image may have.
   *
   * @default {4194304}
   */
  maxPixels?: number;
  /**
   * Milliseconds after which a worker that has not answered is replaced.
   *
   * @default {10000}
   */
  frameTimeoutMs?: number;
  /**
   * What reads text; another stands in for it where its files are missing.
   *
   * @default {"PP-OCRv6_small"}
   */
  textModel?: TextModelName;
  /**
   * What that computes with; `auto` for 8-bit integers where this machine computes with them as it should.
   *
   * @default {"auto"}
   */
  textPrecision?: TextPrecision;
  /** Shortest time between two readings of one stream's text, in milliseconds; what each pipeline says by default. */
  ocrIntervalMs?: number | undefined;
  /**
   * Whether models of the catalogue under other than permissive licences are refused.
   *
   * @default {"any"}
   */
  licence?: LicenceChoice;
  /** Memory for the detectors that all workers keep, in bytes; 512 MB for each worker by default. */
  modelMemoryBytes?: number | undefined;
  /** Tiles, such as `2x2`, for each node that looks at whole images and has none of its own; none by default. */
  tiles?: string | undefined;
  /** Folder of the operator's own pipelines; none by default. */
  pipelineDir?: string | undefined;
  /**
   * Whether the objects of a stream or a video get a `track_id`.
   *
   * @default {true}
   */
  tracking?: boolean;
  /** Called for each worker that is replaced. */
  onRestart?: (restart: WorkerRestart) => void;
}

/** Options in which nothing with a default is left out. */
export type CompleteOptions =
  & PipelineServiceOptions
  & Required<Omit<Pick<PipelineServiceOptions, keyof typeof PIPELINE_DEFAULTS>, "inputSize">>;

/**
 * Puts defaults where options are left out.
 *
 * @throws {RangeError} If an option is out of its range.
 */
export function completeOptions(options: PipelineServiceOptions): CompleteOptions {
  const complete = { ...PIPELINE_DEFAULTS, ...options, inputSize: options.inputSize };
  for (const side of Object.values(complete.inputSize ?? {})) {
    if (!Number.isInteger(side) || side < 32 || side % 32 !== 0) {
      throw new RangeError(`Cannot use the input size: expected multiples of 32, got ${side}`);
    }
  }
  for (const share of [complete.confidence, complete.iou]) {
    if (!(share >= 0 && share <= 1)) {
      throw new RangeError(`Cannot use a threshold outside 0 to 1: got ${share}`);
    }
  }
  return complete;
}
