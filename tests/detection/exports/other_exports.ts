/** Exports of other detectors, as small networks with random weights. @module */

import type { OnnxModel } from "../../../lib/onnx/onnx_schema.ts";
import { CHANNELS, GraphBuilder, openValue, type Side, TYPES } from "./graph_builder.ts";

const STRIDES = [8, 16, 32];
const NAMES = { names: "{0: 'thing 0', 1: 'thing 1', 2: 'thing 2'}" };

/** The image of an export; lengths of 0 are open. */
function imageValue(name: string, width: number, height: number) {
  return openValue(name, TYPES.float32, [1, 3, height || "height", width || "width"]);
}

function countCells(width: number, height: number, strides: readonly number[]): number {
  return strides.reduce((sum, stride) => sum + width * height / stride / stride, 0);
}

/** YOLOv5 as its own repository exports it: `[1, 3 * cells, 5 + classes]`. */
export function yolov5Export(
  { strides = STRIDES, width = 96, height = 64, classes = 3, masks = 0, metadata = NAMES }: {
    strides?: readonly number[];
    width?: number;
    height?: number;
    classes?: number;
    masks?: number;
    metadata?: Record<string, string>;
  } = {},
): OnnxModel {
  const builder = new GraphBuilder(2);
  const length = 5 + classes + masks;
  const features = builder.backbone("images", strides);
  const rows = features.map((each, index) => {
    const stride = strides[index] ?? 1;
    const { x, y } = builder.cells(each, -0.5);
    const anchors = [0, 1, 2].map((anchor) => {
      const grid = builder.branch(each, length);
      const shares = builder.add("Sigmoid", [builder.slice(grid, 0, 5 + classes, 1)]);
      const twice = builder.add("Mul", [builder.slice(shares, 0, 4, 1), builder.scalar(2)]);
      const offset = builder.add("Concat", [x, y], { axis: 1 });
      const centre = builder.add("Mul", [
        builder.add("Add", [builder.slice(twice, 0, 2, 1), offset]),
        builder.scalar(stride),
      ]);
      const side = builder.slice(twice, 2, 4, 1);
      const size = builder.add("Mul", [
        builder.add("Mul", [side, side]),
        builder.floats([1, 2, 1, 1], [stride * (1 + anchor), stride * 2]),
      ]);
      const parts = [centre, size, builder.slice(shares, 4, 5 + classes, 1)];
      if (masks > 0) parts.push(builder.slice(grid, 5 + classes, length, 1));
      const joined = builder.add("Concat", parts, { axis: 1 });
      const turned = builder.add("Transpose", [joined], { perm: [0, 2, 3, 1] });
      return builder.reshape(turned, 1, -1, length);
    });
    return builder.add("Concat", anchors, { axis: 1 });
  });
  builder.addAs("output0", "Concat", rows, { axis: 1 });
  const cells: Side = width === 0 ? "anchors" : 3 * countCells(width, height, strides);
  const outputs = [openValue("output0", TYPES.float32, [1, cells, length])];
  if (masks > 0) {
    builder.addAs("output1", "Sigmoid", [builder.conv(features[0] ?? "", CHANNELS, masks)]);
    outputs.push(openValue("output1", TYPES.float32, [1, masks, "h", "w"]));
  }
  return builder.model([imageValue("images", width, height)], outputs, metadata);
}

/** YOLOX, `[1, cells, 5 + classes]`, with its decoder in the graph or without. */
export function yoloxExport(
  { decoded = false, classes = 80, width = 96, height = 64 } = {},
): OnnxModel {
  const builder = new GraphBuilder(3);
  const input = builder.add("Mul", ["images", builder.scalar(1 / 255)]);
  const features = builder.backbone(input, STRIDES);
  const heads = features.map((each) =>
    builder.add("Concat", [
      builder.branch(each, 4, { gain: 0.7 }),
      builder.add("Sigmoid", [builder.branch(each, 1, { bias: 1 })]),
      builder.add("Sigmoid", [builder.branch(each, classes, { bias: 0 })]),
    ], { axis: 1 })
  );
  const flat = heads.map((each) => builder.reshape(each, 1, 5 + classes, -1));
  const columns = builder.add("Concat", flat, { axis: 2 });
  if (!decoded) {
    builder.addAs("output0", "Transpose", [columns], { perm: [0, 2, 1] });
  } else {
    const table = builder.add("Transpose", [columns], { perm: [0, 2, 1] });
    const cells = features.map((each) => builder.cells(each, 0));
    const column = (values: string[]) =>
      builder.add("Concat", values.map((each) => builder.reshape(each, 1, -1, 1)), { axis: 1 });
    const grid = builder.add("Concat", [
      column(cells.map(({ x }) => x)),
      column(cells.map(({ y }) => y)),
    ], { axis: 2 });
    const scale = column(
      cells.map(({ x }, index) =>
        builder.add("Add", [
          builder.add("Mul", [x, builder.scalar(0)]),
          builder.scalar(STRIDES[index] ?? 1),
        ])
      ),
    );
    const centre = builder.add("Add", [builder.slice(table, 0, 2, 2), grid]);
    builder.addAs("output0", "Concat", [
      builder.add("Mul", [centre, scale]),
      builder.add("Mul", [builder.add("Exp", [builder.slice(table, 2, 4, 2)]), scale]),
      builder.slice(table, 4, 5 + classes, 2),
    ], { axis: 2 });
  }
  const rows: Side = width === 0 ? "cells" : countCells(width, height, STRIDES);
  return builder.model(
    [imageValue("images", width, height)],
    [openValue("output0", TYPES.float32, [1, rows, 5 + classes])],
  );
}

/** Queries of a network of the DETR family. */
const QUERIES = 20;

/** Layouts of the DETR family. */
export type DetrLayout = "table" | "final" | "logits" | "dets" | "labelled";

/** A network of the DETR family, by how its outputs are laid out. */
export function detrExport(
  { layout, classes = 3, metadata = NAMES, names = ["logits", "pred_boxes"] }: {
    layout: DetrLayout;
    classes?: number;
    metadata?: Record<string, string>;
    names?: [logits: string, boxes: string];
  },
): OnnxModel {
  const builder = new GraphBuilder(4);
  const [features = ""] = builder.backbone("images", [32]);
  const mean = builder.add("GlobalAveragePool", [features]);
  const image = builder.reshape(mean, 1, 1, CHANNELS);
  const queries = builder.noise([1, QUERIES, CHANNELS], 1);
  const hidden = builder.add("Tanh", [builder.add("Add", [image, queries])]);
  const linear = (to: number, spread: number) =>
    builder.add("MatMul", [hidden, builder.noise([CHANNELS, to], spread)]);
  const sides = linear(4, 1.5);
  const boxes = layout === "dets" ? sides : builder.add("Sigmoid", [sides]);
  const logits = linear(classes, 2);
  const value = (name: string, ...shape: number[]) => openValue(name, TYPES.float32, [1, ...shape]);
  const images = [imageValue("images", 96, 64)];
  if (layout === "logits" || layout === "dets") {
    const [scoresName, boxesName] = layout === "dets" ? ["labels", "dets"] : names;
    builder.addAs(boxesName, "Identity", [boxes]);
    builder.addAs(scoresName, "Identity", [logits]);
    const outputs = [value(boxesName, QUERIES, 4), value(scoresName, QUERIES, classes)];
    return builder.model(images, outputs, metadata);
  }
  const scores = builder.add("Sigmoid", [logits]);
  if (layout === "table") {
    builder.addAs("output0", "Concat", [boxes, scores], { axis: 2 });
    return builder.model(images, [value("output0", QUERIES, 4 + classes)], metadata);
  }
  const best = builder.add("ReduceMax", [scores], { axes: [2], keepdims: 1 });
  const numbers = builder.add("ArgMax", [scores], { axis: 2, keepdims: 1 });
  if (layout === "final") {
    const real = builder.add("Cast", [numbers], { to: 1 });
    builder.addAs("output0", "Concat", [boxes, best, real], { axis: 2 });
    return builder.model(images, [value("output0", QUERIES, 6)], metadata);
  }
  const half = builder.add("Mul", [builder.slice(boxes, 2, 4, 2), builder.scalar(0.5)]);
  const middle = builder.slice(boxes, 0, 2, 2);
  const corners = builder.add("Concat", [
    builder.add("Sub", [middle, half]),
    builder.add("Add", [middle, half]),
  ], { axis: 2 });
  const size = builder.add("Cast", ["orig_target_sizes"], { to: 1 });
  const scale = builder.reshape(builder.add("Concat", [size, size], { axis: 1 }), 1, 1, 4);
  builder.addAs("boxes", "Mul", [corners, scale]);
  builder.addAs("scores", "Squeeze", [best, builder.integers(2)]);
  builder.addAs("labels", "Squeeze", [numbers, builder.integers(2)]);
  const outputs = [
    openValue("labels", TYPES.int64, [1, QUERIES]),
    value("boxes", QUERIES, 4),
    value("scores", QUERIES),
  ];
  const sizes = openValue("orig_target_sizes", TYPES.int64, ["N", 2]);
  return builder.model([...images, sizes], outputs, metadata);
}

/** A classifier, `[1, classes]`. */
export function classifierExport(metadata: Record<string, string>): OnnxModel {
  const builder = new GraphBuilder(5);
  const [features = ""] = builder.backbone("images", [32]);
  const mean = builder.reshape(builder.add("GlobalAveragePool", [features]), 1, CHANNELS);
  builder.addAs("output0", "Softmax", [mean], { axis: 1 });
  const outputs = [openValue("output0", TYPES.float32, [1, CHANNELS])];
  return builder.model([imageValue("images", 96, 64)], outputs, metadata);
}

/** A head of other detectors whose outputs are not decoded: distributions and scores in one convolution (NanoDet). */
export function undecodedExport(): OnnxModel {
  const builder = new GraphBuilder(6);
  const flat = builder.backbone("images", STRIDES).map((each) =>
    builder.reshape(builder.add("Sigmoid", [builder.branch(each, 112)]), 1, 112, -1)
  );
  const columns = builder.add("Concat", flat, { axis: 2 });
  builder.addAs("output0", "Transpose", [columns], { perm: [0, 2, 1] });
  const cells = countCells(96, 64, STRIDES);
  const outputs = [openValue("output0", TYPES.float32, [1, cells, 112])];
  return builder.model([imageValue("images", 96, 64)], outputs);
}

/** Boxes in pixels and scores in outputs of their own (YOLO-NAS). */
export function partedExport(): OnnxModel {
  const builder = new GraphBuilder(7);
  const features = builder.backbone("images", STRIDES);
  const rows = (channels: number) => {
    const flat = features.map((each) =>
      builder.reshape(builder.branch(each, channels), 1, channels, -1)
    );
    const columns = builder.add("Concat", flat, { axis: 2 });
    return builder.add("Transpose", [columns], { perm: [0, 2, 1] });
  };
  builder.addAs("boxes", "Mul", [rows(4), builder.scalar(8)]);
  builder.addAs("scores", "Sigmoid", [rows(3)]);
  const cells = countCells(96, 64, STRIDES);
  const outputs = [
    openValue("boxes", TYPES.float32, [1, cells, 4]),
    openValue("scores", TYPES.float32, [1, cells, 3]),
  ];
  return builder.model([imageValue("images", 96, 64)], outputs, NAMES);
}
