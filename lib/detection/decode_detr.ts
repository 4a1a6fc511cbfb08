/**
 * Reads boxes from the outputs of networks of the DETR family.
 *
 * @module
 */

import type { DetectorLayout } from "../onnx/detector_layout.ts";
import type { OutputTensor } from "./heads/head.ts";
import { bestScore, centreBox, sigmoid } from "./candidate_boxes.ts";
import type { Candidate } from "./non_maximum_suppression.ts";

/** What decoding needs to know of a detector. */
type Reading = Pick<DetectorLayout, "input" | "labels">;

/**
 * Reads `[1, n, 4 + classes]` rows of a centre box, in shares of the input, and scores.
 *
 * @param threshold Confidence that a box has to exceed, between 0 and 1
 */
export function decodeNormalized(
  { data, dims }: OutputTensor,
  { input, labels }: Reading,
  threshold: number,
): Candidate[] {
  const [, rows = 0, length = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const { classId, score } = bestScore(data, row * length + 4, 1, labels.length);
    if (score > threshold) {
      candidates.push({ ...scaledBox(data, row * length, input), classId, score });
    }
  }
  return candidates;
}

/** Reads `[1, n, 6]` rows of a centre box, in shares of the input, score and class; see {@linkcode decodeNormalized}. */
export function decodeNormalizedFinal(
  { data, dims }: OutputTensor,
  { input }: Reading,
  threshold: number,
): Candidate[] {
  const [, rows = 0, length = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const [score = 0, classId = 0] = data.subarray(row * length + 4, row * length + 6);
    if (score > threshold) {
      candidates.push({ ...scaledBox(data, row * length, input), classId, score });
    }
  }
  return candidates;
}

/** How the scores of a query are computed from its row of numbers. */
export type QueryScores = "sigmoid" | "softmax" | "none";

/** Reads `[1, n, 4]` centre boxes, in shares of the input, and `[1, n, classes]` numbers that scores are computed from. */
export function decodeQueries(
  outputs: readonly OutputTensor[],
  { input, labels }: Reading,
  threshold: number,
  scores: QueryScores,
): Candidate[] {
  const [boxes, logits] = outputs;
  if (boxes === undefined || logits === undefined) return [];
  const [, rows = 0, columns = 0] = logits.dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const best = bestScore(logits.data, row * columns, 1, Math.min(labels.length, columns));
    const score = scores === "none"
      ? best.score
      : scores === "sigmoid"
      ? sigmoid(best.score)
      : softmaxOf(best.score, logits.data.subarray(row * columns, (row + 1) * columns));
    if (score > threshold) {
      const box = scaledBox(boxes.data, row * 4, input);
      candidates.push({ ...box, classId: best.classId, score });
    }
  }
  return candidates;
}

/** Reads `[1, n]` classes, `[1, n, 4]` corners in pixels of the input, and `[1, n]` scores. */
export function decodeLabelled(
  [labels, boxes, scores]: readonly OutputTensor[],
  threshold: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  scores?.data.forEach((score, row) => {
    if (score <= threshold) return;
    const corners = boxes?.data.subarray(row * 4, row * 4 + 4) ?? [];
    const [left = 0, top = 0, right = 0, bottom = 0] = corners;
    candidates.push({ left, top, right, bottom, score, classId: labels?.data[row] ?? 0 });
  });
  return candidates;
}

function scaledBox(data: Float32Array, offset: number, { width, height }: Reading["input"]) {
  const [x = 0, y = 0, w = 0, h = 0] = data.subarray(offset, offset + 4);
  return centreBox([x * width, y * height, w * width, h * height]);
}

function softmaxOf(logit: number, logits: Float32Array): number {
  return 1 / logits.reduce((sum, other) => sum + Math.exp(other - logit), 0);
}
