/**
 * Reads boxes from the outputs of detectors.
 *
 * @module
 */

import { bestScore, type Box, centreBox, sigmoid } from "./candidate_boxes.ts";
import {
  decodeLabelled,
  decodeNormalized,
  decodeNormalizedFinal,
  decodeQueries,
} from "./decode_detr.ts";
import type { OutputTensor } from "./heads/head.ts";
import { enclose, polygonOf, type TurnedBox } from "./turned_box.ts";
import type { Candidate } from "./non_maximum_suppression.ts";
import { type DetectorLayout, STRIDES } from "../onnx/detector_layout.ts";

/**
 * Reads the boxes above a confidence from a network's outputs, in no particular order.
 *
 * @param outputs In the order of `layout.outputs`.
 * @param threshold Confidence that a box has to exceed, between 0 and 1.
 */
export function decodeYolo(
  outputs: readonly OutputTensor[],
  layout: YoloLayout,
  threshold: number,
): Candidate[] {
  const candidates = decodeBoxes(outputs, layout, threshold);
  return layout.extras?.kind === "angle" ? candidates.map(turn) : candidates;
}

/** What is to be known of a detector to read its outputs. */
type YoloLayout = Pick<
  DetectorLayout,
  "kind" | "input" | "labels" | "strides" | "suppressed" | "extras"
>;

function decodeBoxes(
  outputs: readonly OutputTensor[],
  layout: YoloLayout,
  threshold: number,
): Candidate[] {
  const classes = layout.labels.length;
  const extras = layout.extras?.length ?? 0;
  const [table] = outputs;
  if (table === undefined) return [];
  switch (layout.kind) {
    case "dfl":
      return decodeGrids(outputs, layout, threshold);
    case "yolov8":
      return decodeColumns(table, classes, extras, threshold);
    case "yolov8_rows":
      return decodeRows(table, classes, extras, threshold);
    case "yolov5":
      return decodeObjects(table, { classes, extras }, threshold, centreBox);
    case "yolox":
      return decodeObjects(table, { classes, extras }, threshold, gridBox(layout));
    case "end2end":
      return decodeFinal(table, layout.extras, threshold);
    case "detr":
      return decodeNormalized(table, layout, threshold);
    case "detr_end2end":
      return decodeNormalizedFinal(table, layout, threshold);
    case "detr_logits":
      return decodeQueries(outputs, layout, threshold, "sigmoid");
    case "detr_softmax":
      return decodeQueries(outputs, layout, threshold, "softmax");
    case "detr_scores":
      return decodeQueries(outputs, layout, threshold, "none");
    case "detr_labelled":
      return decodeLabelled(outputs, threshold);
  }
}

function decodeGrids(
  outputs: readonly OutputTensor[],
  layout: YoloLayout,
  threshold: number,
): Candidate[] {
  const candidates: Candidate[] = [];
  const { length = 0, kind } = layout.extras ?? {};
  const behind = kind === undefined ? 0 : kind === "masks" ? 2 : 1;
  const grids = outputs.slice(0, outputs.length - behind);
  const extras = behind > 0 ? outputs.at(-behind) : undefined;
  let before = 0;
  for (let index = 0; index + 1 < grids.length; index += 2) {
    const [boxes, logits] = grids.slice(index, index + 2);
    if (boxes === undefined || logits === undefined) continue;
    for (const { cell, ...candidate } of decodeGrid(boxes, logits, layout, threshold)) {
      candidates.push({ ...candidate, ...extras && pickColumn(extras, 0, length, before + cell) });
    }
    before += (logits.dims[2] ?? 0) * (logits.dims[3] ?? 0);
  }
  return candidates;
}

/**
 * Reads one stride's grid: a distribution for each side's distance, and a logit for each class.
 *
 * A side lies at the mean of its distribution, in strides from the cell's centre (Li et al. 2020,
 * "Generalized Focal Loss"); where there is but one bin, that is the distance itself.
 */
function decodeGrid(
  boxes: OutputTensor,
  logits: OutputTensor,
  { input, suppressed }: Pick<DetectorLayout, "input" | "suppressed">,
  threshold: number,
): (Candidate & { cell: number })[] {
  const [, channels = 0, rows = 0, columns = 0] = boxes.dims;
  const [, classes = 0] = logits.dims;
  const cells = rows * columns;
  const bins = channels / 4;
  const stride = input.width / columns;
  const { data } = boxes;
  const distance = (cell: number, side: number) =>
    stride *
    (bins === 1
      ? data[side * cells + cell] as number
      : meanBin(data, side * bins * cells + cell, cells, bins));
  const candidates: (Candidate & { cell: number })[] = [];
  // Models that choose their boxes report a box once for each class that it may be of.
  const findClasses = suppressed ? likelyClasses : bestClasses;
  const least = Math.log(threshold / (1 - threshold));
  for (const { cell, classId, value } of findClasses(logits.data, classes, cells, least)) {
    const x = (cell % columns + 0.5) * stride;
    const y = (Math.floor(cell / columns) + 0.5) * stride;
    candidates.push({
      left: x - distance(cell, 0),
      top: y - distance(cell, 1),
      right: x + distance(cell, 2),
      bottom: y + distance(cell, 3),
      classId,
      score: sigmoid(value),
      cell,
    });
  }
  return candidates;
}

/** A class that a cell may show. */
interface LikelyClass {
  cell: number;
  classId: number;
  /** Its logit or its score. */
  value: number;
}

/** Finds all classes of all cells whose value, in `[classes, cells]`, is above the least. */
function likelyClasses(
  values: Float32Array,
  classes: number,
  cells: number,
  least: number,
): LikelyClass[] {
  const likely: LikelyClass[] = [];
  for (let classId = 0, index = 0; classId < classes; classId++) {
    for (let cell = 0; cell < cells; cell++, index++) {
      const value = values[index] as number;
      // Nearly every value fails here, so sigmoids cost nothing for those.
      if (value > least) likely.push({ cell, classId, value });
    }
  }
  return likely;
}

/** Finds the best class of each cell; cells without a value above the least are left out. */
function bestClasses(
  values: Float32Array,
  classes: number,
  cells: number,
  least: number,
): LikelyClass[] {
  const best = new Float64Array(cells).fill(least);
  const classIds = new Int32Array(cells).fill(-1);
  for (let classId = 0, index = 0; classId < classes; classId++) {
    for (let cell = 0; cell < cells; cell++, index++) {
      const value = values[index] as number;
      if (value > (best[cell] as number)) {
        best[cell] = value;
        classIds[cell] = classId;
      }
    }
  }
  const found: LikelyClass[] = [];
  classIds.forEach((classId, cell) => {
    if (classId >= 0) found.push({ cell, classId, value: best[cell] as number });
  });
  return found;
}

/** Mean of the softmax over `bins` numbers that start at `offset`, `step` apart. */
function meanBin(data: Float32Array, offset: number, step: number, bins: number): number {
  let highest = -Infinity;
  for (let bin = 0; bin < bins; bin++) {
    highest = Math.max(highest, data[offset + bin * step] as number);
  }
  let sum = 0;
  let weighted = 0;
  for (let bin = 0; bin < bins; bin++) {
    // Less the highest, so that no exponential overflows.
    const weight = Math.exp(data[offset + bin * step] as number - highest);
    sum += weight;
    weighted += weight * bin;
  }
  return weighted / sum;
}

/** The numbers of a cell in some rows of `[1, rows, cells]`, as a candidate's extras. */
function pickColumn({ data, dims }: OutputTensor, first: number, length: number, cell: number) {
  const cells = dims[2] ?? 0;
  return {
    extras: Float32Array.from({ length }, (_, row) => data[(first + row) * cells + cell] as number),
  };
}

/** Numbers that follow one another, as a candidate's extras; none where there are none. */
function pickExtras(data: Float32Array, offset: number, length: number) {
  // A copy, since the next image overwrites the outputs.
  return length > 0 ? { extras: data.slice(offset, offset + length) } : {};
}

function decodeColumns(
  table: OutputTensor,
  classes: number,
  extras: number,
  threshold: number,
): Candidate[] {
  const { data, dims } = table;
  const [, , cells = 0] = dims;
  const scores = data.subarray(4 * cells);
  return bestClasses(scores, classes, cells, threshold).map(({ cell, classId, value }) => {
    const side = (row: number) => data[row * cells + cell] as number;
    return {
      ...centreBox([side(0), side(1), side(2), side(3)]),
      classId,
      score: value,
      ...extras > 0 && pickColumn(table, 4 + classes, extras, cell),
    };
  });
}

/** Reads `[4 of a box, a score a class]` rows. */
function decodeRows(
  { data, dims }: OutputTensor,
  classes: number,
  extras: number,
  threshold: number,
): Candidate[] {
  const [, rows = 0, length = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const { classId, score } = bestScore(data, row * length + 4, 1, classes);
    if (score > threshold) {
      const behind = pickExtras(data, row * length + 4 + classes, extras);
      candidates.push({ ...centreBox(boxAt(data, row * length)), classId, score, ...behind });
    }
  }
  return candidates;
}

/** Reads `[4 of a box, objectness, a score a class]` rows. */
function decodeObjects(
  { data, dims }: OutputTensor,
  { classes, extras }: { classes: number; extras: number },
  threshold: number,
  toBox: (box: Box, row: number) => ReturnType<typeof centreBox>,
): Candidate[] {
  const [, rows = 0, length = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const offset = row * length;
    const objectness = data[offset + 4] as number;
    if (objectness <= threshold) continue;
    const best = bestScore(data, offset + 5, 1, classes);
    const score = best.score * objectness;
    if (score <= threshold) continue;
    const behind = pickExtras(data, offset + 5 + classes, extras);
    const box = toBox(boxAt(data, offset), row);
    candidates.push({ ...box, classId: best.classId, score, ...behind });
  }
  return candidates;
}

/** Reads `[4 corners, score, class]` rows; of boxes that are turned, the centre and the sides in place of the corners. */
function decodeFinal(
  { data, dims }: OutputTensor,
  extras: DetectorLayout["extras"],
  threshold: number,
): Candidate[] {
  const [, rows = 0, length = 0] = dims;
  const candidates: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const values = data.subarray(row * length, row * length + 6);
    const [left = 0, top = 0, right = 0, bottom = 0, score = 0, classId = 0] = values;
    if (!(score > threshold)) continue;
    const box = extras?.kind === "angle"
      ? centreBox([left, top, right, bottom])
      : { left, top, right, bottom };
    const behind = pickExtras(data, row * length + 6, extras?.length ?? 0);
    candidates.push({ ...box, score, classId, ...behind });
  }
  return candidates;
}

/** Turns an upright box about its centre, by the angle that its extras hold. */
function turn({ extras, ...candidate }: Candidate): Candidate {
  const { left, top, right, bottom } = candidate;
  const turned: TurnedBox = {
    x: (left + right) / 2,
    y: (top + bottom) / 2,
    width: right - left,
    height: bottom - top,
    angle: extras?.[0] ?? 0,
  };
  return { ...candidate, ...enclose(polygonOf(turned)), turned };
}

function boxAt(data: Float32Array, offset: number): Box {
  const [a = 0, b = 0, c = 0, d = 0] = data.subarray(offset, offset + 4);
  return [a, b, c, d];
}

/** YOLOX's rows: offsets from the cell's corner in strides, logarithms of the sides in strides. */
function gridBox(
  { input: { width, height }, strides = STRIDES }: Pick<DetectorLayout, "input" | "strides">,
) {
  const cells = strides.flatMap((stride) => {
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
