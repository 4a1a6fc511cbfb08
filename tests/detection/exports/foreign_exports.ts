/** Networks that look like detectors that are read, or are none, as small ones with random weights. @module */

import type { OnnxModel } from "../../../lib/onnx/onnx_schema.ts";
import { CHANNELS, GraphBuilder, openValue, TYPES } from "./graph_builder.ts";

const STRIDES = [8, 16, 32];
const [WIDTH, HEIGHT] = [96, 64];
const CELLS = 126;
const NAMES = { names: "{0: 'thing 0', 1: 'thing 1', 2: 'thing 2'}" };

const value = (name: string, ...shape: (number | string)[]) =>
  openValue(name, TYPES.float32, shape);
const image = () => value("images", 1, 3, HEIGHT, WIDTH);

/** What a table may hold other than centre, sides in pixels and probabilities. */
export type TableContent = "corners" | "shares" | "logits" | "boxes apart";

/** A table `[1, 4 + 3, cells]` of boxes and scores, or two of them. */
export function tableExport(content: TableContent): OnnxModel {
  const builder = new GraphBuilder(8);
  const features = builder.backbone("images", STRIDES);
  const joined = (parts: string[], channels: number) =>
    builder.add("Concat", parts.map((each) => builder.reshape(each, 1, channels, -1)), { axis: 2 });
  const boxes = features.map((each, index) => {
    const stride = builder.scalar(STRIDES[index] ?? 1);
    const { x, y } = builder.cells(each, 0.5);
    const centre = builder.add("Mul", [builder.add("Concat", [x, y], { axis: 1 }), stride]);
    const distances = builder.add("Mul", [
      builder.add("Sigmoid", [builder.branch(each, 4)]),
      stride,
    ]);
    const first = builder.slice(distances, 0, 2, 1);
    const second = builder.slice(distances, 2, 4, 1);
    if (content !== "corners") return builder.add("Concat", [centre, second], { axis: 1 });
    return builder.add("Concat", [
      builder.add("Sub", [centre, first]),
      builder.add("Add", [centre, second]),
    ], { axis: 1 });
  });
  const sides = joined(boxes, 4);
  const size = builder.floats([1, 4, 1], [WIDTH, HEIGHT, WIDTH, HEIGHT]);
  const classes = content === "boxes apart" ? 80 : 3;
  const logits = joined(
    features.map((each) => builder.branch(each, classes, { bias: -1 })),
    classes,
  );
  const scores = content === "logits" ? logits : builder.add("Sigmoid", [logits]);
  if (content === "boxes apart") {
    builder.addAs("boxes", "Transpose", [sides], { perm: [0, 2, 1] });
    builder.addAs("scores", "Identity", [scores]);
    return builder.model([image()], [
      value("boxes", 1, CELLS, 4),
      value("scores", 1, classes, CELLS),
    ]);
  }
  const part = content === "shares" ? builder.add("Div", [sides, size]) : sides;
  builder.addAs("output0", "Concat", [part, scores], { axis: 1 });
  return builder.model([image()], [value("output0", 1, 7, CELLS)], NAMES);
}

/** Boxes of anchors, as corners in shares of the image, with a score for the background (SSD). */
export function ssdExport(anchors: number): OnnxModel {
  const builder = new GraphBuilder(9);
  const first = builder.noise([1, anchors, 2], 0.4, 0.5);
  const second = builder.add("Add", [first, builder.noise([1, anchors, 2], 0.05, 0.1)]);
  const corners = builder.add("Concat", [first, second], { axis: 2 });
  builder.addAs("scores", "Softmax", [seen(builder, builder.noise([1, anchors, 3], 2))], {
    axis: 2,
  });
  builder.addAs("boxes", "Identity", [corners]);
  return builder.model([image()], [value("scores", 1, anchors, 3), value("boxes", 1, anchors, 4)]);
}

/** What suppression in the graph has left, with the number of the image in front (YOLOv7 with `--end2end`). */
export function suppressedRowsExport(): OnnxModel {
  const builder = new GraphBuilder(10);
  const scores = builder.add("Sigmoid", [seen(builder, builder.noise([1, 3, 50], 2))]);
  const chosen = builder.add("NonMaxSuppression", [
    builder.noise([1, 50, 4], 20, 40),
    scores,
    ...[builder.integers(100), builder.scalar(0.45), builder.scalar(0.25)],
  ]);
  const real = builder.add("Cast", [chosen], { to: 1 });
  const last = builder.slice(real, 2, 3, 1);
  builder.addAs("output", "Concat", [real, real, last], { axis: 1 });
  return builder.model([image()], [value("output", "boxes", 7)], NAMES);
}

/** A network whose images have their colours last, of any size (TensorFlow). */
export function coloursLastExport(): OnnxModel {
  const builder = new GraphBuilder(11);
  const planes = builder.add("Transpose", ["images"], { perm: [0, 3, 1, 2] });
  const [features = ""] = builder.backbone(planes, [32], 3);
  builder.addAs("boxes", "Reshape", [features, builder.integers(1, -1, CHANNELS)]);
  return builder.model([value("images", 1, "height", "width", 3)], [
    value("boxes", 1, "boxes", CHANNELS),
  ]);
}

/** A network that takes words, of any number. */
export function languageExport(): OnnxModel {
  const builder = new GraphBuilder(12);
  const words = builder.add("Gather", [builder.noise([10, CHANNELS], 1), "input_ids"]);
  builder.addAs("logits", "MatMul", [words, builder.noise([CHANNELS, 10], 1)]);
  const ids = openValue("input_ids", TYPES.int64, ["batch", "words"]);
  return builder.model([ids], [value("logits", "batch", "words", 10)]);
}

/** Numbers that depend on the image, a little. */
function seen(builder: GraphBuilder, numbers: string): string {
  const mean = builder.add("ReduceMean", ["images"], { keepdims: 0 });
  return builder.add("Add", [numbers, mean]);
}
