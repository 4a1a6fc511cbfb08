/**
 * Reads boxes from the outputs of YOLO networks.
 *
 * @module
 */

import type { Size } from "../image/size.ts";
import type { Candidate } from "./non_maximum_suppression.ts";
import { type DetectorLayout, STRIDES } from "../onnx/detector_layout.ts";

/** An output of the network. */
export interface OutputTensor {
  /** In row-major order. */
  data: Float32Array;
  /** Length of each dimension, the outermost first; the product is the length of `data`. */
  dims: readonly number[];
}

/**
 * Reads the boxes above a confidence from a network's outputs, in no particular order.
 *
 * @param outputs In the order of `layout.outputs`.
 * @param threshold Confidence that a box has to exceed, between 0 and 1.
 */
export function decodeYolo(
  outputs: readonly OutputTensor[],
  layout: Pick<DetectorLayout, "kind" | "input">,
  threshold: number,
): Candidate[] {
  switch (layout.kind) {
    case "dfl":
      return outputs.flatMap((output) => decodeDistribution(output, layout.input, threshold));
    case "yolov8":
      return outputs.flatMap((output) => decodeColumns(output, threshold));
    case "yolov5":
      return outputs.flatMap((output) => decodeRows(output, threshold, centreBox));
    case "yolox": {
      const toBox = gridBox(layout.input);
      return outputs.flatMap((output) => decodeRows(output, threshold, toBox));
    }
    case "end2end":
      return outputs.flatMap((output) => decodeFinal(output, threshold));
  }
}

/** Bins of the distribution over a box side's distance from its cell, as every model so far has them. */
const BINS = 16;

/**
 * Reads one stride's grid: a distribution for each side's distance, then a logit for each class.
 *
 * A side lies at the mean of its distribution, in strides from the cell's centre (Li et al. 2020,
 * "Generalized Focal Loss").
 */
function decodeDistribution(
  { data, dims }: OutputTensor,
  input: Size,
  threshold: number,
): Candidate[] {
  const [, channels = 0, rows = 0, columns = 0] = dims;
  const cells = rows * columns;
  const stride = input.width / columns;
  const distance = (cell: number, side: number) =>
    meanBin(data, side * BINS * cells + cell, cells) * stride;
  const candidates: Candidate[] = [];
  const best = bestClasses(data.subarray(4 * BINS * cells), channels - 4 * BINS, cells, threshold);
  for (const [cell, { classId, logit }] of best) {
    const x = (cell % columns + 0.5) * stride;
    const y = (Math.floor(cell / columns) + 0.5) * stride;
    candidates.push({
      left: x - distance(cell, 0),
      top: y - distance(cell, 1),
      right: x + distance(cell, 2),
      bottom: y + distance(cell, 3),
      classId,
      score: sigmoid(logit),
    });
  }
  return candidates;
}

/** Finds each cell's best class; cells without a logit above the threshold's are left out. */
function bestClasses(logits: Float32Array, classes: number, cells: number, threshold: number) {
  const least = Math.log(threshold / (1 - threshold));
  const best = new Map<number, { classId: number; logit: number }>();
  for (let classId = 0, index = 0; classId < classes; classId++) {
    for (let cell = 0; cell < cells; cell++, index++) {
      const logit = logits[index] as number;
      // Nearly every logit fails here, so neither sigmoid nor look-up costs anything for those.
      if (logit > least && logit > (best.get(cell)?.logit ?? -Infinity)) {
        best.set(cell, { classId, logit });
      }
    }
  }
  return best;
}

/** Mean of the softmax over the bins that start at `offset`, `step` apart. */
function meanBin(data: Float32Array, offset: number, step: number): number {
  let highest = -Infinity;
  for (let bin = 0; bin < BINS; bin++) {
    highest = Math.max(highest, data[offset + bin * step] as number);
  }
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < BINS; bin++) {
    // Less the highest, so that no exponential overflows.
    const weight = Math.exp(data[offset + bin * step] as number - highest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}

function decodeColumns({ data, dims }: OutputTensor, threshold: number): Candidate[] {
  const [, channels = 0, cells = 0] = dims;
  const candidates: Candidate[] = [];
  for (let cell = 0; cell < cells; cell++) {
    const { classId, score } = bestScore(data, 4 * cells + cell, cells, channels - 4);
    if (score <= threshold) continue;
    const [x, y, width, height] = [0, 1, 2, 3].map((row) => data[row * cells + cell] as number);
    candidates.push({ ...centreBox([x, y, width, height] as Box), classId, score });
  }
  return candidates;
}

/** Four numbers that stand for a box. */
type Box = [number, number, number, number];

/** Reads `[4 of a box, objectness, a score a class]` rows. */
function decodeRows(
  { data, dims }: OutputTensor,
  threshold: number,
  toBox: (box: Box, row: number) => ReturnType<typeof centreBox>,
): Candidate[] {
  const [, rows = 0, length = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const offset = row * length;
    const objectness = data[offset + 4] as number;
    if (objectness <= threshold) continue;
    const best = bestScore(data, offset + 5, 1, length - 5);
    const score = best.score * objectness;
    if (score <= threshold) continue;
    const box = data.subarray(offset, offset + 4);
    candidates.push({ ...toBox([...box] as Box, row), classId: best.classId, score });
  }
  return candidates;
}

function decodeFinal({ data, dims }: OutputTensor, threshold: number): Candidate[] {
  const [, rows = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * 6, row * 6 + 6);
    const [left = 0, top = 0, right = 0, bottom = 0, score = 0, classId = 0] = values;
    if (score > threshold) candidates.push({ left, top, right, bottom, score, classId });
  }
  return candidates;
}

function bestScore(data: Float32Array, offset: number, step: number, classes: number) {
  let classId = 0;
  let score = -Infinity;
  for (let candidate = 0; candidate < classes; candidate++) {
    const value = data[offset + candidate * step] as number;
    if (value > score) {
      score = value;
      classId = candidate;
    }
  }
  return { classId, score };
}

function centreBox([x, y, width, height]: Box) {
  return {
    left: x - width / 2,
    top: y - height / 2,
    right: x + width / 2,
    bottom: y + height / 2,
  };
}

/** YOLOX's rows: offsets from the cell's corner in strides, logarithms of the sides in strides. */
function gridBox({ width, height }: Size) {
  const cells = STRIDES.flatMap((stride) => {
    const columns = width / stride;
    return Array.from({ length: columns * (height / stride) }, (_, index) => ({
      stride,
      x: index % columns,
      y: Math.floor(index / columns),
    }));
  });
  return ([x, y, w, h]: Box, row: number) => {
    const cell = cells[row] ?? { stride: 0, x: 0, y: 0 };
    return centreBox([
      (x + cell.x) * cell.stride,
      (y + cell.y) * cell.stride,
      Math.exp(w) * cell.stride,
      Math.exp(h) * cell.stride,
    ]);
  };
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
