import type { Size } from "../image/size.ts";

/**
 * How a detector's outputs are to be read.
 *
 * - `dfl`: one `[1, 4 * bins + classes, h, w]` tensor a stride, the decode head cut off
 *   (YOLOv8, v9, v10, 11, 12).
 * - `yolov8`: `[1, 4 + classes, cells]`, decoded, a column a cell (the same models, when not cut).
 * - `yolov5`: `[1, 3 * cells, 5 + classes]`, decoded, a row an anchor (YOLOv5).
 * - `yolox`: `[1, cells, 5 + classes]`, offsets and logarithms, a row a cell (YOLOX).
 * - `end2end`: `[1, n, 6]`, corners, score and class (models with suppression built in).
 */
export type HeadKind = "dfl" | "yolov8" | "yolov5" | "yolox" | "end2end";

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
  /** Names of the tensors to read. */
  outputs: string[];
}

/** The strides of the grids that every supported head predicts on, in pixels. */
export const STRIDES: readonly number[] = [8, 16, 32];
