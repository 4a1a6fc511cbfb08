import { expect } from "expect";
import fc from "fast-check";
import type { HeadKind } from "../../lib/onnx/detector_layout.ts";
import { decodeYolo } from "../../lib/detection/decode_yolo.ts";

const input = { width: 64, height: 32 };
const BINS = 16;

/** A grid of stride 8 over `input`, without objects: its boxes, then its logits. */
function emptyGrid(classes = 3) {
  const [rows, columns] = [input.height / 8, input.width / 8];
  const tensor = (channels: number) => ({
    data: new Float32Array(channels * rows * columns).fill(-20),
    dims: [1, channels, rows, columns],
  });
  const [boxes, logits] = [tensor(4 * BINS), tensor(classes)];
  const setIn = ({ data }: { data: Float32Array }) =>
  (
    channel: number,
    x: number,
    y: number,
    value: number,
  ) => {
    data[(channel * rows + y) * columns + x] = value;
  };
  return {
    outputs: [boxes, logits],
    logits,
    setBox: setIn(boxes),
    setClass: setIn(logits),
  };
}

/** How outputs of a kind are to be read, with as many classes as are asked for. */
function layoutOf(kind: HeadKind, classes = 3) {
  return { kind, input, labels: Array<string>(classes).fill(""), suppressed: false };
}

Deno.test("decodeYolo reads a distribution as distances from the cell's centre", () => {
  const grid = emptyGrid();
  const distances = [1, 0, 3, 2];
  distances.forEach((bin, side) => grid.setBox(side * BINS + bin, 5, 2, 20));
  grid.setClass(1, 5, 2, 0);
  const [box, ...rest] = decodeYolo(grid.outputs, layoutOf("dfl"), 0.25);
  expect(rest).toEqual([]);
  expect(box).toMatchObject({ classId: 1, score: 0.5 });
  expect(box?.left).toBeCloseTo(5.5 * 8 - 8, 3);
  expect(box?.top).toBeCloseTo(2.5 * 8, 3);
  expect(box?.right).toBeCloseTo(5.5 * 8 + 24, 3);
  expect(box?.bottom).toBeCloseTo(2.5 * 8 + 16, 3);
});

Deno.test("decodeYolo takes the mean of a distribution that lies between two bins", () => {
  const grid = emptyGrid();
  grid.setBox(4, 0, 0, 20);
  grid.setBox(5, 0, 0, 20);
  grid.setClass(0, 0, 0, 3);
  const [box] = decodeYolo(grid.outputs, layoutOf("dfl"), 0.25);
  expect(box?.left).toBeCloseTo((0.5 - 4.5) * 8, 3);
});

Deno.test("decodeYolo keeps only a cell's best class", () => {
  const grid = emptyGrid();
  grid.setClass(0, 1, 1, 1);
  grid.setClass(2, 1, 1, 2);
  const boxes = decodeYolo(grid.outputs, layoutOf("dfl"), 0.25);
  expect(boxes.map((box) => box.classId)).toEqual([2]);
});

Deno.test("decodeYolo keeps every likely class of a cell where the model chooses its boxes", () => {
  const grid = emptyGrid();
  grid.setClass(0, 1, 1, 1);
  grid.setClass(2, 1, 1, 2);
  const boxes = decodeYolo(grid.outputs, { ...layoutOf("dfl"), suppressed: true }, 0.25);
  expect(boxes.map((box) => box.classId)).toEqual([0, 2]);
});

Deno.test("decodeYolo finds exactly the cells whose sigmoid exceeds the threshold", () => {
  const logit = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);
  const logits = fc.array(logit, { minLength: 32, maxLength: 32 });
  const threshold = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(fc.property(logits, threshold, (values, limit) => {
    const grid = emptyGrid(1);
    grid.logits.data.set(values);
    const expected = values.filter((value) => value > Math.log(limit / (1 - limit))).length;
    expect(decodeYolo(grid.outputs, layoutOf("dfl"), limit)).toHaveLength(expected);
  }));
});

Deno.test("decodeYolo reports nothing at a threshold of 1 and every cell at 0", () => {
  const grid = emptyGrid();
  expect(decodeYolo(grid.outputs, layoutOf("dfl"), 1)).toEqual([]);
  expect(decodeYolo(grid.outputs, layoutOf("dfl"), 0)).toHaveLength(32);
});

Deno.test("decodeYolo reads decoded columns", () => {
  // Two cells, two classes: x, y, width, height, then the scores, a row each.
  const data = new Float32Array([10, 30, 10, 20, 4, 6, 8, 2, 0.1, 0.7, 0.2, 0.6]);
  const boxes = decodeYolo([{ data, dims: [1, 6, 2] }], layoutOf("yolov8", 2), 0.25);
  expect(boxes).toEqual([
    { left: 27, top: 19, right: 33, bottom: 21, classId: 0, score: Math.fround(0.7) },
  ]);
});

Deno.test("decodeYolo multiplies objectness and class in rows of anchors", () => {
  const data = new Float32Array([10, 10, 4, 8, 0.5, 0.25, 0.75, 10, 10, 4, 8, 0.25, 1, 1]);
  const boxes = decodeYolo([{ data, dims: [1, 2, 7] }], layoutOf("yolov5", 2), 0.3);
  expect(boxes).toEqual([{ left: 8, top: 6, right: 12, bottom: 14, classId: 1, score: 0.375 }]);
});

Deno.test("decodeYolo places rows of a grid by their cell and stride", () => {
  // 8×4 cells of stride 8, 4×2 of stride 16, 2×1 of stride 32.
  const data = new Float32Array((32 + 8 + 2) * 6);
  data.set([0.5, 0.25, Math.log(2), 0, 1, 0.5], (32 + 5) * 6);
  const boxes = decodeYolo([{ data, dims: [1, 42, 6] }], layoutOf("yolox", 1), 0.25);
  expect(boxes).toHaveLength(1);
  // Cell 5 of the second grid is column 1, row 1.
  expect(boxes[0]?.left).toBeCloseTo(1.5 * 16 - 16, 4);
  expect(boxes[0]?.right).toBeCloseTo(1.5 * 16 + 16, 4);
  expect(boxes[0]?.top).toBeCloseTo(1.25 * 16 - 8, 4);
  expect(boxes[0]?.bottom).toBeCloseTo(1.25 * 16 + 8, 4);
});

Deno.test("decodeYolo takes final rows as they are", () => {
  const data = new Float32Array([1, 2, 3, 4, 0.5, 7, 0, 0, 0, 0, 0.25, 1]);
  const boxes = decodeYolo([{ data, dims: [1, 2, 6] }], layoutOf("end2end"), 0.25);
  expect(boxes).toEqual([{ left: 1, top: 2, right: 3, bottom: 4, classId: 7, score: 0.5 }]);
});

Deno.test("decodeYolo reads distances that are no distributions", () => {
  const boxes = { data: new Float32Array(4 * 32), dims: [1, 4, 4, 8] };
  const logits = { data: new Float32Array(32).fill(-20), dims: [1, 1, 4, 8] };
  [1, 0.5, 2, 3].forEach((distance, side) => boxes.data[side * 32 + 2 * 8 + 5] = distance);
  logits.data[2 * 8 + 5] = 0;
  expect(decodeYolo([boxes, logits], layoutOf("dfl", 1), 0.25)).toEqual([
    { left: 36, top: 16, right: 60, bottom: 44, classId: 0, score: 0.5 },
  ]);
});

Deno.test("decodeYolo reads rows of boxes and scores, and leaves what is behind them", () => {
  const data = new Float32Array([10, 10, 4, 8, 0.1, 0.5, 9, 30, 20, 6, 2, 0.2, 0.1, 9]);
  const boxes = decodeYolo([{ data, dims: [1, 2, 7] }], layoutOf("yolov8_rows", 2), 0.3);
  expect(boxes).toEqual([{ left: 8, top: 6, right: 12, bottom: 14, classId: 1, score: 0.5 }]);
});

Deno.test("decodeYolo scales boxes that are shares of the input", () => {
  const box = { left: 16, top: 8, right: 48, bottom: 24, classId: 1, score: 0.75 };
  const table = { data: new Float32Array([0.5, 0.5, 0.5, 0.5, 0.25, 0.75]), dims: [1, 1, 6] };
  expect(decodeYolo([table], layoutOf("detr", 2), 0.3)).toEqual([box]);
  const final = { data: new Float32Array([0.5, 0.5, 0.5, 0.5, 0.75, 1]), dims: [1, 1, 6] };
  expect(decodeYolo([final], layoutOf("detr_end2end", 2), 0.3)).toEqual([box]);
  const boxes = { data: new Float32Array([0.5, 0.5, 0.5, 0.5]), dims: [1, 1, 4] };
  const numbers = (...values: number[]) => ({
    data: new Float32Array(values),
    dims: [1, 1, values.length],
  });
  const scores = numbers(0.25, 0.75);
  expect(decodeYolo([boxes, scores], layoutOf("detr_scores", 2), 0.3)).toEqual([box]);
  const logits = numbers(-2, Math.log(3));
  const [found] = decodeYolo([boxes, logits], layoutOf("detr_logits", 2), 0.3);
  expect(found?.score).toBeCloseTo(0.75);
  // The last is "no object", however likely.
  const odds = numbers(0, Math.log(3), Math.log(4));
  const [likely] = decodeYolo([boxes, odds], layoutOf("detr_softmax", 2), 0.3);
  expect(likely).toMatchObject({ classId: 1 });
  expect(likely?.score).toBeCloseTo(3 / 8);
});

Deno.test("decodeYolo reads labels, corners and scores from tensors of their own", () => {
  const labels = { data: new Float32Array([7, 1]), dims: [1, 2] };
  const boxes = { data: new Float32Array([1, 2, 3, 4, 5, 6, 7, 8]), dims: [1, 2, 4] };
  const scores = { data: new Float32Array([0.5, 0.125]), dims: [1, 2] };
  expect(decodeYolo([labels, boxes, scores], layoutOf("detr_labelled", 8), 0.3)).toEqual([
    { left: 1, top: 2, right: 3, bottom: 4, classId: 7, score: 0.5 },
  ]);
});
