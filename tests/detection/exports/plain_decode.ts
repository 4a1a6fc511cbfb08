/** Reads the outputs of exports as they are described, without what the program does to be fast. @module */

import type { Candidate } from "../../../lib/detection/non_maximum_suppression.ts";

/** An output as it comes out of the uncut network. */
export interface PlainOutput {
  data: Float32Array;
  dims: readonly number[];
}

/** Shape and meaning of an export's outputs, as a test knows them. */
export type PlainKind =
  | "columns"
  | "turned columns"
  | "rows"
  | "objectness"
  | "grid offsets"
  | "final"
  | "shares"
  | "final shares"
  | "logits"
  | "labels";

/** How to read a table: its kind, the classes, and the size of the image. */
export interface PlainReading {
  kind: PlainKind;
  classes: number;
  width: number;
  height: number;
}

/** The boxes above a threshold; of tables with a score for each class, the best one. */
export function plainDecode(
  outputs: readonly PlainOutput[],
  { kind, classes, width, height }: PlainReading,
  threshold: number,
): Candidate[] {
  const [first] = outputs as [PlainOutput];
  if (kind === "labels") return readLabelled(outputs, threshold);
  const [, rows = 0, columns = 0] = isColumns(kind)
    ? [1, first.dims[2], first.dims[1]]
    : first.dims;
  const at = (row: number, column: number) =>
    (isColumns(kind) ? first.data[column * rows + row] : first.data[row * columns + column]) ??
      NaN;
  const found: Candidate[] = [];
  for (let row = 0; row < rows; row++) {
    const [a, b, c, d] = [at(row, 0), at(row, 1), at(row, 2), at(row, 3)];
    const offset = kind === "objectness" || kind === "grid offsets" ? 5 : 4;
    const value = (classId: number) => {
      if (kind !== "logits") return at(row, offset + classId);
      const logit = outputs[1]?.data[row * classes + classId] ?? NaN;
      return 1 / (1 + Math.exp(-logit));
    };
    let [classId, score] = [0, -1];
    for (let each = 0; each < classes; each++) {
      if (value(each) > score) [classId, score] = [each, value(each)];
    }
    if (offset === 5) score *= at(row, 4);
    if (kind === "final" || kind === "final shares") [score, classId] = [at(row, 4), at(row, 5)];
    if (!(score > threshold)) continue;
    const box = kind === "turned columns"
      ? turnedBox([a, b, c, d], at(row, columns - 1))
      : kind === "final"
      ? { left: a, top: b, right: c, bottom: d }
      : kind === "grid offsets"
      ? centred(...gridBox([a, b, c, d], row, width, height))
      : ["shares", "final shares", "logits"].includes(kind)
      ? centred(a * width, b * height, c * width, d * height)
      : centred(a, b, c, d);
    found.push({ ...box, classId, score });
  }
  return found;
}

function isColumns(kind: PlainKind): boolean {
  return kind === "columns" || kind === "turned columns";
}

/** The upright box around one that is turned about its centre. */
function turnedBox([x, y, w, h]: [number, number, number, number], angle: number) {
  const [cos, sin] = [Math.abs(Math.cos(angle)), Math.abs(Math.sin(angle))];
  return centred(x, y, w * cos + h * sin, w * sin + h * cos);
}

function centred(x: number, y: number, w: number, h: number) {
  return { left: x - w / 2, top: y - h / 2, right: x + w / 2, bottom: y + h / 2 };
}

function gridBox(
  [a, b, c, d]: [number, number, number, number],
  row: number,
  width: number,
  height: number,
): [number, number, number, number] {
  let cell = row;
  for (const stride of [8, 16, 32]) {
    const [columns, rows] = [width / stride, height / stride];
    if (cell < columns * rows) {
      const [x, y] = [cell % columns, Math.floor(cell / columns)];
      return [(a + x) * stride, (b + y) * stride, Math.exp(c) * stride, Math.exp(d) * stride];
    }
    cell -= columns * rows;
  }
  throw new RangeError(`No grid has the cell ${row}`);
}

function readLabelled(outputs: readonly PlainOutput[], threshold: number): Candidate[] {
  const [labels, boxes, scores] = outputs as [PlainOutput, PlainOutput, PlainOutput];
  return Array.from(scores.data, (score, row) => {
    const [left = NaN, top = NaN, right = NaN, bottom = NaN] = boxes.data.subarray(row * 4);
    return { left, top, right, bottom, score, classId: Number(labels.data[row]) };
  }).filter(({ score }) => score > threshold);
}
