import { expect } from "expect";
import fc from "fast-check";
import { decodeYolo } from "../../lib/detection/decode_yolo.ts";

const input = { width: 64, height: 32 };
const BINS = 16;

/** A grid of stride 8 over `input`, without objects. */
function emptyGrid(classes = 3) {
  const [rows, columns] = [input.height / 8, input.width / 8];
  const dims = [1, 4 * BINS + classes, rows, columns];
  const data = new Float32Array((4 * BINS + classes) * rows * columns).fill(-20);
  const set = (channel: number, x: number, y: number, value: number) => {
    data[(channel * rows + y) * columns + x] = value;
  };
  return { data, dims, set };
}

Deno.test("decodeYolo reads a distribution as distances from the cell's centre", () => {
  const grid = emptyGrid();
  const distances = [1, 0, 3, 2];
  distances.forEach((bin, side) => grid.set(side * BINS + bin, 5, 2, 20));
  grid.set(4 * BINS + 1, 5, 2, 0);
  const [box, ...rest] = decodeYolo([grid], { kind: "dfl", input }, 0.25);
  expect(rest).toEqual([]);
  expect(box).toMatchObject({ classId: 1, score: 0.5 });
  expect(box?.left).toBeCloseTo(5.5 * 8 - 8, 3);
  expect(box?.top).toBeCloseTo(2.5 * 8, 3);
  expect(box?.right).toBeCloseTo(5.5 * 8 + 24, 3);
  expect(box?.bottom).toBeCloseTo(2.5 * 8 + 16, 3);
});

Deno.test("decodeYolo takes the mean of a distribution that lies between two bins", () => {
  const grid = emptyGrid();
  grid.set(4, 0, 0, 20);
  grid.set(5, 0, 0, 20);
  grid.set(4 * BINS, 0, 0, 3);
  const [box] = decodeYolo([grid], { kind: "dfl", input }, 0.25);
  expect(box?.left).toBeCloseTo((0.5 - 4.5) * 8, 3);
});

Deno.test("decodeYolo keeps only a cell's best class", () => {
  const grid = emptyGrid();
  grid.set(4 * BINS, 1, 1, 1);
  grid.set(4 * BINS + 2, 1, 1, 2);
  const boxes = decodeYolo([grid], { kind: "dfl", input }, 0.25);
  expect(boxes.map((box) => box.classId)).toEqual([2]);
});

Deno.test("decodeYolo finds exactly the cells whose sigmoid exceeds the threshold", () => {
  const logit = fc.double({ min: -8, max: 8, noNaN: true }).map(Math.fround);
  const logits = fc.array(logit, { minLength: 32, maxLength: 32 });
  const threshold = fc.double({ min: 0.01, max: 0.99, noNaN: true });
  fc.assert(fc.property(logits, threshold, (values, limit) => {
    const grid = emptyGrid(1);
    grid.data.set(values, 4 * BINS * 32);
    const expected = values.filter((value) => value > Math.log(limit / (1 - limit))).length;
    expect(decodeYolo([grid], { kind: "dfl", input }, limit)).toHaveLength(expected);
  }));
});

Deno.test("decodeYolo reports nothing at a threshold of 1 and every cell at 0", () => {
  const grid = emptyGrid();
  expect(decodeYolo([grid], { kind: "dfl", input }, 1)).toEqual([]);
  expect(decodeYolo([grid], { kind: "dfl", input }, 0)).toHaveLength(32);
});

Deno.test("decodeYolo reads decoded columns", () => {
  // Two cells, two classes: x, y, width, height, then the scores, a row each.
  const data = new Float32Array([10, 30, 10, 20, 4, 6, 8, 2, 0.1, 0.7, 0.2, 0.6]);
  const boxes = decodeYolo([{ data, dims: [1, 6, 2] }], { kind: "yolov8", input }, 0.25);
  expect(boxes).toEqual([
    { left: 27, top: 19, right: 33, bottom: 21, classId: 0, score: Math.fround(0.7) },
  ]);
});

Deno.test("decodeYolo multiplies objectness and class in rows of anchors", () => {
  const data = new Float32Array([10, 10, 4, 8, 0.5, 0.25, 0.75, 10, 10, 4, 8, 0.25, 1, 1]);
  const boxes = decodeYolo([{ data, dims: [1, 2, 7] }], { kind: "yolov5", input }, 0.3);
  expect(boxes).toEqual([{ left: 8, top: 6, right: 12, bottom: 14, classId: 1, score: 0.375 }]);
});

Deno.test("decodeYolo places rows of a grid by their cell and stride", () => {
  // 8×4 cells of stride 8, 4×2 of stride 16, 2×1 of stride 32.
  const data = new Float32Array((32 + 8 + 2) * 6);
  data.set([0.5, 0.25, Math.log(2), 0, 1, 0.5], (32 + 5) * 6);
  const boxes = decodeYolo([{ data, dims: [1, 42, 6] }], { kind: "yolox", input }, 0.25);
  expect(boxes).toHaveLength(1);
  // Cell 5 of the second grid is column 1, row 1.
  expect(boxes[0]?.left).toBeCloseTo(1.5 * 16 - 16, 4);
  expect(boxes[0]?.right).toBeCloseTo(1.5 * 16 + 16, 4);
  expect(boxes[0]?.top).toBeCloseTo(1.25 * 16 - 8, 4);
  expect(boxes[0]?.bottom).toBeCloseTo(1.25 * 16 + 8, 4);
});

Deno.test("decodeYolo takes final rows as they are", () => {
  const data = new Float32Array([1, 2, 3, 4, 0.5, 7, 0, 0, 0, 0, 0.25, 1]);
  const boxes = decodeYolo([{ data, dims: [1, 2, 6] }], { kind: "end2end", input }, 0.25);
  expect(boxes).toEqual([{ left: 1, top: 2, right: 3, bottom: 4, classId: 7, score: 0.5 }]);
});
