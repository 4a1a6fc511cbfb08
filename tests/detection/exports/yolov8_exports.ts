/** Exports of YOLOv8 and its successors, as small networks with random weights. @module */

import type { OnnxModel } from "../../../lib/onnx/onnx_schema.ts";
import {
  CHANNELS,
  type Convolutions,
  GraphBuilder,
  openValue,
  type Side,
  TYPES,
} from "./graph_builder.ts";

/** What an export is like. */
export interface Yolov8Options {
  /** Version of Ultralytics: up to 8.3 boxes and classes of a stride are joined first, from 8.4 on the strides of each. */
  version?: "8.3" | "8.4";
  classes?: number;
  /** Numbers that the distance to a side is a distribution over; 1 as in YOLO26. */
  bins?: number;
  strides?: readonly number[];
  /** Numbers of each cell behind its scores. */
  extra?: "masks" | "keypoints" | "angle";
  /** What follows the boxes. */
  end?: "transposed" | "one to one" | "suppressed" | "best class";
  /** Whether an attention block holds the network to the size of its export. */
  attention?: boolean;
  /** Images that the network takes at once, and their size; 0 for open ones. */
  batch?: number;
  size?: { width: number; height: number };
  operatorSet?: number;
  /** What convolutions compute with. */
  convolutions?: Convolutions;
  metadata?: Record<string, string>;
}

/** Numbers of each cell behind its scores. */
const EXTRA = { masks: 4, keypoints: 6, angle: 1 } as const;

/** Builds an export. */
export function yolov8Export(options: Yolov8Options = {}): OnnxModel {
  const { version = "8.4", classes = 3, bins = 16, strides = [8, 16, 32], extra, end } = options;
  const { batch = 1, size = { width: 96, height: 64 }, operatorSet = 17, metadata } = options;
  const builder = new GraphBuilder(1, options.convolutions);
  const features = builder.backbone("images", strides);
  if (options.attention) {
    features[2] = attend(builder, features.at(-1) ?? "", size, strides, batch || 1);
  }
  const first = batch || 1;
  const boxes = features.map((each) => builder.branch(each, 4 * bins));
  const logits = features.map((each) => builder.branch(each, classes, { bias: -1 }));
  const flat = (grid: string, channels: number) => builder.reshape(grid, first, channels, -1);
  const joined = (grids: string[], channels: number) =>
    builder.add("Concat", grids.map((grid) => flat(grid, channels)), { axis: 2 });
  let [allBoxes, allLogits] = ["", ""];
  if (version === "8.3") {
    const grids = boxes.map((box, index) =>
      builder.add("Concat", [box, logits[index] ?? ""], { axis: 1 })
    );
    const whole = joined(grids, 4 * bins + classes);
    allBoxes = builder.slice(whole, 0, 4 * bins, 1);
    allLogits = builder.slice(whole, 4 * bins, 4 * bins + classes, 1);
  } else {
    allBoxes = joined(boxes, 4 * bins);
    allLogits = joined(logits, classes);
  }
  const parts = [
    decodeBoxes(
      builder,
      { allBoxes, bins, features, strides, first },
      end === undefined ||
        end === "transposed",
    ),
    builder.add("Sigmoid", [allLogits]),
  ];
  if (extra !== undefined) {
    parts.push(joined(features.map((each) => builder.branch(each, EXTRA[extra])), EXTRA[extra]));
    if (extra === "angle") builder.add("Cos", [parts[2] ?? ""]);
  }
  const rows = 4 + classes + (extra === undefined ? 0 : EXTRA[extra]);
  const shape = finish(builder, parts, { end, classes, rows });
  const open = (side: number, name: string): Side => side || name;
  const image = [open(batch, "batch"), 3, open(size.height, "height"), open(size.width, "width")];
  const outputs = [
    openValue("output0", TYPES.float32, [open(batch, "batch"), ...shape(size, strides)]),
  ];
  if (extra === "masks") {
    const prototypes = builder.conv(features[0] ?? "", CHANNELS, EXTRA.masks);
    builder.addAs("output1", "Sigmoid", [prototypes]);
    outputs.push(openValue("output1", TYPES.float32, [first, EXTRA.masks, "h", "w"]));
  }
  const names = Array.from({ length: classes }, (_, index) => `${index}: 'thing ${index}'`);
  return builder.model([openValue("images", TYPES.float32, image)], outputs, {
    task: "detect",
    names: `{${names.join(", ")}}`,
    ...metadata,
  }, operatorSet);
}

/** What is known of the boxes of all grids. */
interface Boxes {
  allBoxes: string;
  bins: number;
  features: string[];
  strides: readonly number[];
  first: number;
}

/** Distances, `[1, 4 * bins, cells]`, become boxes in pixels: centre and size, or corners. */
function decodeBoxes(
  builder: GraphBuilder,
  { allBoxes, bins, features, strides, first }: Boxes,
  asCentres: boolean,
): string {
  let distances = allBoxes;
  if (bins > 1) {
    const split = builder.reshape(allBoxes, first, 4, bins, -1);
    // The bins last, since older operator sets take the softmax of all that follows an axis.
    const turned = builder.add("Transpose", [split], { perm: [0, 3, 1, 2] });
    const normal = builder.add("Softmax", [turned], { axis: 3 });
    const shares = builder.add("Transpose", [normal], { perm: [0, 3, 2, 1] });
    const places = builder.floats([1, bins, 1, 1], Array.from({ length: bins }, (_, bin) => bin));
    const mean = builder.add("Conv", [shares, places], { kernel_shape: [1, 1] });
    distances = builder.reshape(mean, first, 4, -1);
  }
  const flat = (value: string) => builder.reshape(value, 1, 1, -1);
  const grids = features.map((each) => builder.cells(each, 0.5));
  const line = (values: string[]) => builder.add("Concat", values.map(flat), { axis: 2 });
  const centres = builder.add("Concat", [
    line(grids.map(({ x }) => x)),
    line(grids.map(({ y }) => y)),
  ], {
    axis: 1,
  });
  const scale = line(
    grids.map(({ x }, index) =>
      builder.add("Add", [
        builder.add("Mul", [x, builder.scalar(0)]),
        builder.scalar(strides[index] ?? 1),
      ])
    ),
  );
  const start = builder.add("Sub", [centres, builder.slice(distances, 0, 2, 1)]);
  const end = builder.add("Add", [centres, builder.slice(distances, 2, 4, 1)]);
  const middle = builder.add("Div", [builder.add("Add", [start, end]), builder.scalar(2)]);
  const sides = asCentres ? [middle, builder.add("Sub", [end, start])] : [start, end];
  return builder.add("Mul", [builder.add("Concat", sides, { axis: 1 }), scale]);
}

/** An attention block in little: a reshape to the constant size of the export and back. */
function attend(
  builder: GraphBuilder,
  features: string,
  { width, height }: { width: number; height: number },
  strides: readonly number[],
  batch: number,
): string {
  const stride = strides.at(-1) ?? 1;
  const [rows, columns] = [height / stride, width / stride];
  const tokens = builder.reshape(features, batch, CHANNELS, rows * columns);
  const weighed = builder.add("Softmax", [tokens], { axis: 2 });
  const back = builder.reshape(weighed, batch, CHANNELS, rows, columns);
  return builder.add("Add", [features, back]);
}

/** Adds what makes `output0` of boxes, scores and others; gives its shape without the batch. */
function finish(
  builder: GraphBuilder,
  parts: string[],
  { end, classes, rows }: { end: Yolov8Options["end"]; classes: number; rows: number },
) {
  type Shape = (size: { width: number; height: number }, strides: readonly number[]) => Side[];
  const cells: Shape = ({ width, height }, strides) =>
    width === 0
      ? ["anchors"]
      : [strides.reduce((sum, each) => sum + width * height / each / each, 0)];
  if (end === undefined) {
    builder.addAs("output0", "Concat", parts, { axis: 1 });
    return ((size, strides) => [rows, ...cells(size, strides)]) as Shape;
  }
  const table = builder.add("Concat", parts, { axis: 1 });
  if (end === "transposed") {
    builder.addAs("output0", "Transpose", [table], { perm: [0, 2, 1] });
    return ((size, strides) => [...cells(size, strides), rows]) as Shape;
  }
  const turned = builder.add("Transpose", [table], { perm: [0, 2, 1] });
  const boxes = builder.slice(turned, 0, 4, 2);
  const scores = builder.slice(turned, 4, 4 + classes, 2);
  if (end === "best class") {
    const best = builder.add("ReduceMax", [scores], { axes: [2], keepdims: 1 });
    const numbers = builder.add("ArgMax", [scores], { axis: 2, keepdims: 1 });
    const real = builder.add("Cast", [numbers], { to: 1 });
    builder.addAs("output0", "Concat", [boxes, best, real], { axis: 2 });
    return ((size, strides) => [...cells(size, strides), 6]) as Shape;
  }
  if (end === "one to one") chooseBest(builder, boxes, scores, classes);
  else suppress(builder, boxes, scores);
  return (() => end === "suppressed" ? ["found", 6] : [MOST, 6]) as Shape;
}

/** Boxes that a network without suppression gives. */
const MOST = 20;

function chooseBest(builder: GraphBuilder, boxes: string, scores: string, classes: number): void {
  const flat = builder.reshape(scores, 1, -1);
  const [best, places] = builder.addPair("TopK", [flat, builder.integers(MOST)], { axis: 1 });
  const rows = builder.add("Div", [places, builder.integers(classes)]);
  const numbers = builder.add("Mod", [places, builder.integers(classes)]);
  const column = (value: string) => builder.add("Unsqueeze", [value, builder.integers(2)]);
  const wide = builder.add("Expand", [column(rows), builder.integers(1, 1, 4)]);
  const chosen = builder.add("GatherElements", [boxes, wide], { axis: 1 });
  const real = builder.add("Cast", [column(numbers)], { to: 1 });
  builder.addAs("output0", "Concat", [chosen, column(best), real], { axis: 2 });
}

function suppress(builder: GraphBuilder, boxes: string, all: string): void {
  // Of each box the best class only, as Ultralytics does.
  const best = builder.add("ReduceMax", [all], { axes: [2], keepdims: 1 });
  const isBest = builder.add("Cast", [builder.add("Equal", [all, best])], { to: 1 });
  const scores = builder.add("Mul", [all, isBest]);
  const columns = builder.add("Transpose", [scores], { perm: [0, 2, 1] });
  const limits = [builder.integers(100), builder.floats([1], [0.45]), builder.floats([1], [0.25])];
  const kept = builder.add("NonMaxSuppression", [boxes, columns, ...limits], {
    center_point_box: 0,
  });
  const pick = (index: number) =>
    builder.add("Gather", [kept, builder.integers(index)], { axis: 1 });
  const rows = builder.add("Squeeze", [pick(2), builder.integers(1)]);
  const lists = builder.add("Squeeze", [boxes, builder.integers(0)]);
  const table = builder.add("Squeeze", [scores, builder.integers(0)]);
  const chosen = builder.add("Gather", [lists, rows], { axis: 0 });
  const place = builder.add("Concat", [pick(2), pick(1)], { axis: 1 });
  const score = builder.add("GatherND", [table, place]);
  const column = builder.add("Unsqueeze", [score, builder.integers(1)]);
  const real = builder.add("Cast", [pick(1)], { to: 1 });
  const found = builder.add("Concat", [chosen, column, real], { axis: 1 });
  builder.addAs("output0", "Unsqueeze", [found, builder.integers(0)]);
}
