import type { Fit } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";

/**
 * How a detector's outputs are to be read; `n` is the number of boxes, `cells` that of the cells of all grids.
 *
 * - `dfl`: a pair of tensors a stride, `[1, 4 * bins, h, w]` distributions of the distances to a box's sides and
 *   `[1, classes, h, w]` logits, the decode head cut off (YOLOv8, v9, v10, 11, 12, 26).
 * - `yolov8`: `[1, 4 + classes, cells]`, decoded, a column a cell (the same models, when not cut).
 * - `yolov8_rows`: the same, transposed: `[1, cells, 4 + classes]`.
 * - `yolov5`: `[1, n, 5 + classes]`, decoded, a row an anchor or a cell (YOLOv5, v6, v7, YOLOX with its decoder).
 * - `yolox`: `[1, cells, 5 + classes]`, offsets and logarithms, a row a cell (YOLOX).
 * - `end2end`: `[1, n, 6]`, corners, score and class (models that choose their boxes within the graph).
 * - `detr`: `[1, n, 4 + classes]`, a centre box as shares of the input, then scores (RT-DETR).
 * - `detr_end2end`: `[1, n, 6]`, a centre box as shares of the input, score and class (RT-DETR).
 * - `detr_logits`, `detr_scores`, `detr_softmax`: `[1, n, 4]` centre boxes as shares of the input and, in a tensor of their
 *   own, `[1, n, classes]` logits, scores, or logits of which the last is that of "no object" (D-FINE, RF-DETR, DETR).
 * - `detr_labelled`: three tensors, `[1, n]` classes, `[1, n, 4]` corners in pixels of the input, `[1, n]` scores (D-FINE).
 *
 * Behind those named there may be further columns: see {@linkcode BoxExtras}.
 */
export type HeadKind =
  | "dfl"
  | "yolov8"
  | "yolov8_rows"
  | "yolov5"
  | "yolox"
  | "end2end"
  | "detr"
  | "detr_end2end"
  | "detr_logits"
  | "detr_scores"
  | "detr_softmax"
  | "detr_labelled";

/**
 * What a detector tells of each object beside box, class and score: so many numbers, in the columns behind the scores; of `dfl`
 * in an output of its own, `[1, length, cells]`, behind the grids.
 */
export type BoxExtras =
  & {
    /** How many numbers. */
    length: number;
  }
  & (
    | {
      /** Coefficients: the mask is where the sum of the prototypes, each times its own, is above 0. */
      kind: "masks";
      /** Name of the output `[1, length, h, w]` that holds the prototypes over the whole input. */
      prototypes: string;
    }
    | {
      /** Points in pixels of the input: x and y, or x, y and confidence, of one after the other. */
      kind: "keypoints";
      /** Names of the points, in their order. */
      names: readonly string[];
    }
    | {
      /** The angle, in radians, by which the box is turned about its centre, from x towards y. */
      kind: "angle";
    }
  );

/** How an image becomes what a network was trained on. */
export interface Preprocessing {
  /** Whether the image keeps its proportions, between grey bars, or is stretched over the whole input. */
  fit: Fit;
  /** Order of the colours. */
  order: "rgb" | "bgr";
  /** What is taken from red, green and blue, of values from 0 to 255. */
  mean: readonly [number, number, number];
  /** What red, green and blue are divided by afterwards. */
  deviation: readonly [number, number, number];
}

/** Red, green, blue from 0 to 1, as nearly all detectors want them. */
export const UNIT_RANGE: Preprocessing = {
  fit: "letterbox",
  order: "rgb",
  mean: [0, 0, 0],
  deviation: [255, 255, 255],
};

/** What a detector's graph gives, and how to feed it. */
export interface DetectorLayout {
  /** Shape and meaning of the outputs. */
  kind: HeadKind;
  /** Names of the classes by index. */
  labels: string[];
  /** Size of the input; the model's own where its graph works at no other. */
  input: Size;
  /** Whether each object is reported once, so that no suppression is needed. */
  suppressed: boolean;
  /** Names of the tensors to read; for `dfl` boxes and classes of each stride in turn; prototypes of masks come last. */
  outputs: string[];
  /** What there is to be read beside boxes, classes and scores. */
  extras?: BoxExtras;
  /**
   * Strides of the grids, in pixels, the finest first.
   *
   * @default {STRIDES}
   */
  strides?: readonly number[];
  /**
   * How images are fed.
   *
   * @default {UNIT_RANGE}
   */
  preprocessing?: Preprocessing;
}

/** The strides of the grids that most heads predict on, in pixels. */
export const STRIDES: readonly number[] = [8, 16, 32];
