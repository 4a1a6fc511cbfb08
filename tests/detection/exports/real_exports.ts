/** Makes hard exports out of YOLOv8n with its true weights, and others that always give the same. @module */

import { operation, tensor } from "../../../lib/onnx/onnx_nodes.ts";
import { type OnnxModel, type OnnxNode, parseOnnx } from "../../../lib/onnx/onnx_schema.ts";
import { createRandom } from "../../streaming/mutate_frame.ts";
import { GraphBuilder, openValue, type Side, TYPES } from "./graph_builder.ts";

const CELLS = 8400;

/** Joins boxes and classes of all strides apart, as Ultralytics does from 8.4 on. */
export function withNewHead(bytes: Uint8Array): OnnxModel {
  const model = parseOnnx(bytes);
  const { graph } = model;
  const parts = [["cv2", 64, "Slice"], ["cv3", 80, "Slice_1"]] as const;
  const made = parts.flatMap(([branch, channels, slice]): OnnxNode[] => {
    graph.initializer.push(tensor(`${branch}/shape`, [3], [1, channels, -1]));
    const grids = [0, 1, 2].map((index) =>
      operation("Reshape", [
        `/model.22/${branch}.${index}/${branch}.${index}.2/Conv_output_0`,
        `${branch}/shape`,
      ], `${branch}/flat_${index}`)
    );
    const join = operation(
      "Concat",
      grids.map(({ name }) => name),
      `/model.22/${slice}_output_0`,
      [{ name: "axis", type: 2, i: 2 }],
    );
    return [...grids, join];
  });
  const isReplaced = ({ name }: OnnxNode) =>
    /^\/model\.22\/(Concat(_[1-3])?|Reshape(_[12])?|Slice(_1)?)$/.test(name);
  const place = graph.node.findIndex(({ name }) => name === "/model.22/Slice");
  graph.node = [
    ...graph.node.slice(0, place).filter((node) => !isReplaced(node)),
    ...made,
    ...graph.node.slice(place).filter((node) => !isReplaced(node)),
  ];
  return model;
}

/** Gives the output another name, so that something can follow it. */
function behindOutput(model: OnnxModel, to: string): void {
  for (const node of model.graph.node) {
    node.output = node.output.map((name) => name === "output0" ? to : name);
  }
}

function setNotes(model: OnnxModel, notes: Record<string, string>): void {
  model.metadata_props = model.metadata_props.filter(({ key }) => !(key in notes));
  for (const [key, value] of Object.entries(notes)) model.metadata_props.push({ key, value });
}

/** Columns behind boxes and scores that are noise, `[1, columns, cells]`. */
function noise(name: string, columns: number, spread: number) {
  const random = createRandom(3);
  const values = Float32Array.from({ length: columns * CELLS }, () => random() * spread);
  return tensor(name, [1, columns, CELLS], values);
}

/** Has columns follow boxes and scores, for another task. */
export function withColumns(
  model: OnnxModel,
  columns: number,
  notes: Record<string, string>,
): OnnxModel {
  const { graph } = model;
  behindOutput(model, "raw");
  const isPose = notes.task === "pose";
  if (isPose) {
    graph.initializer.push(
      ...[0, 5, 1].map((value, index) => tensor(`people/${index}`, [1], [value])),
    );
    graph.node.push(operation("Slice", ["raw", "people/0", "people/1", "people/2"], "people"));
  }
  graph.initializer.push(noise("columns", columns, 640));
  graph.node.push(operation("Concat", [isPose ? "people" : "raw", "columns"], "output0", [
    { name: "axis", type: 2, i: 1 },
  ]));
  const shape = [1, (isPose ? 5 : 84) + columns, CELLS];
  graph.output = [openValue("output0", TYPES.float32, shape)];
  if (notes.task === "segment") {
    graph.initializer.push(
      tensor("prototypes", [1, columns, 1, 1], new Float32Array(columns).fill(1)),
    );
    graph.node.push(operation("Identity", ["prototypes"], "output1"));
    graph.output.push(openValue("output1", TYPES.float32, [1, columns, 1, 1]));
  }
  setNotes(model, notes);
  return model;
}

/** Turns columns into rows. */
export function transposed(model: OnnxModel): OnnxModel {
  behindOutput(model, "raw");
  const turn = [{ name: "perm", type: 7, ints: [0, 2, 1] }];
  model.graph.node.push(operation("Transpose", ["raw"], "output0", turn));
  model.graph.output = [openValue("output0", TYPES.float32, [1, CELLS, 84])];
  return model;
}

/** Leaves batch and size open. */
export function withOpenAxes(model: OnnxModel): OnnxModel {
  const [image] = model.graph.input;
  if (image !== undefined) {
    image.type = openValue("", TYPES.float32, ["batch", 3, "height", "width"]).type;
  }
  model.graph.output = [openValue("output0", TYPES.float32, ["batch", 84, "anchors"])];
  return model;
}

/** Has suppression follow the boxes, as `nms=True` does. */
export function suppressed(model: OnnxModel): OnnxModel {
  behindOutput(model, "raw");
  const { graph } = model;
  const constants = {
    sizes: tensor("nms/sizes", [2], [4, 80]),
    most: tensor("nms/most", [1], [300]),
    overlap: tensor("nms/overlap", [1], Float32Array.of(0.45)),
    score: tensor("nms/score", [1], Float32Array.of(0.25)),
    first: tensor("nms/first", [1], [1]),
    second: tensor("nms/second", [1], [2]),
  };
  graph.initializer.push(...Object.values(constants));
  const axis = (i: number) => [{ name: "axis", type: 2, i }];
  const split = operation("Split", ["raw", "nms/sizes"], "nms/boxes", axis(1));
  split.output.push("nms/scores");
  graph.node.push(
    split,
    operation("Transpose", ["nms/boxes"], "nms/rows", [{ name: "perm", type: 7, ints: [0, 2, 1] }]),
    operation(
      "NonMaxSuppression",
      ["nms/rows", "nms/scores", "nms/most", "nms/overlap", "nms/score"],
      "nms/kept",
      [{ name: "center_point_box", type: 2, i: 1 }],
    ),
    operation("Gather", ["nms/kept", "nms/first"], "nms/classes", axis(1)),
    operation("Cast", ["nms/classes"], "nms/class", [{ name: "to", type: 2, i: 1 }]),
    // What is in the other columns does not matter here: they are cut off.
    operation("Concat", Array(6).fill("nms/class"), "nms/found", axis(1)),
    operation("Unsqueeze", ["nms/found", "nms/zero"], "output0"),
  );
  graph.initializer.push(tensor("nms/zero", [1], [0]));
  graph.output = [openValue("output0", TYPES.float32, [1, 300, 6])];
  return model;
}

/** A network that gives the same table for every image. */
export function constantExport(
  shape: readonly [number, number, number],
  set: (at: (row: number, column: number, value: number) => void) => void,
  notes: Record<string, string>,
): OnnxModel {
  const builder = new GraphBuilder();
  const [, rows, columns] = shape;
  const values = new Float32Array(rows * columns);
  set((row, column, value) => values[row * columns + column] = value);
  const none = builder.add("Mul", [
    builder.add("ReduceMean", ["images"], { keepdims: 0 }),
    builder.scalar(0),
  ]);
  builder.addAs("output0", "Add", [builder.floats([...shape], Array.from(values)), none]);
  const sides: Side[] = [1, 3, 640, 640];
  return builder.model([openValue("images", TYPES.float32, sides)], [
    openValue("output0", TYPES.float32, shape),
  ], notes);
}
