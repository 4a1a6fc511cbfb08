/**
 * Specializes an object detector's ONNX graph for one input size by editing it.
 *
 * @module
 */

import type { Size } from "../image/size.ts";
import { COCO_LABELS } from "./coco_labels.ts";
import { type DetectorLayout, type HeadKind, STRIDES } from "../onnx/detector_layout.ts";
import { UnknownHeadError } from "../onnx/errors.ts";
import { ancestors, constantsOf, operation, producersOf, tensor } from "../onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  dimensions,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  serializeOnnx,
  valueInfo,
} from "../onnx/onnx_schema.ts";

/**
 * Finds out how to cut, feed and read a detector.
 *
 * @param size Size of the input that is wanted, in pixels.
 * @throws {UnknownHeadError} If the outputs are not those of a known detector; the message names their shapes.
 */
export function inspectDetector(model: OnnxModel, size: Size): DetectorLayout {
  const { graph } = model;
  const own = inputSize(graph);
  const cut = findDistributionHead(graph);
  if (cut !== undefined) {
    const input = worksAtAnySize(graph, cut.outputs) ? size : own ?? size;
    return {
      kind: "dfl",
      labels: readLabels(model, cut.classes),
      input,
      suppressed: graph.output.some((output) => isFinal(dimensions(output))),
      outputs: cut.outputs,
    };
  }
  const input = own ?? size;
  for (const output of graph.output) {
    const head = recognizeHead(dimensions(output), input);
    if (head === undefined) continue;
    const labels = readLabels(model, head.classes);
    return { ...head, labels, input, suppressed: head.kind === "end2end", outputs: [output.name] };
  }
  const shapes = graph.output.map((output) => `${output.name} [${dimensions(output).join(", ")}]`);
  throw new UnknownHeadError(
    `Cannot use the model as a detector: its outputs have unknown shapes: ${shapes.join("; ")}`,
  );
}

/**
 * Finds out how to feed and read a detector as it was exported, with nothing cut off.
 *
 * Where its output holds more than boxes and classes, such as masks, or does not say how much, its grids are read instead.
 *
 * @param size Size of the input that is wanted, in pixels; where the export has a size of its own, that is taken.
 * @throws {UnknownHeadError} If the outputs are not those of a known detector; the message names their shapes.
 */
export function inspectUncutDetector(model: OnnxModel, size: Size): DetectorLayout {
  const { graph } = model;
  const layout = inspectDetector(model, inputSize(graph) ?? size);
  const [output] = graph.output;
  if (layout.kind !== "dfl" || output === undefined) return layout;
  const outputs = [output.name];
  if (layout.suppressed) return { ...layout, kind: "end2end", outputs };
  const [, channels = 0] = dimensions(output);
  return channels === 4 + layout.labels.length ? { ...layout, kind: "yolov8", outputs } : layout;
}

/**
 * Writes the graph that computes `layout.outputs` from raw pixels.
 *
 * Its one input is `[1, height, width, 3]` uint8, RGB; what no output depends on is left out.
 * `model` is changed in place, since a copy would lose the fields that are carried through unread.
 *
 * @throws {TypeError} If the model does not take float32 images.
 */
export function specializeDetector(model: OnnxModel, layout: DetectorLayout): Uint8Array {
  specializeGraph(model, layout);
  return serializeOnnx(model);
}

/**
 * Does what {@linkcode specializeDetector} does, for a model that is to be edited further.
 *
 * @throws {TypeError} If the model does not take float32 images
 */
export function specializeGraph({ graph }: OnnxModel, layout: DetectorLayout): void {
  const image = imageInput(graph);
  if (image.type.tensor_type.elem_type !== ELEMENT_TYPES.float32) {
    throw new TypeError("Cannot specialize the model: its input is not float32");
  }
  const pixels = `${image.name}/pixels`;
  const prefix = pixelPrefix(pixels, image.name, layout.kind === "yolox");
  const node = [...prefix.nodes, ...ancestors(graph, layout.outputs)];
  const used = new Set(node.flatMap((each) => each.input));
  const { width, height } = layout.input;
  graph.node = node;
  graph.initializer = [
    ...prefix.initializers,
    ...graph.initializer.filter((tensor) => used.has(tensor.name)),
  ];
  graph.input = [valueInfo(pixels, ELEMENT_TYPES.uint8, [1, height, width, 3])];
  graph.output = layout.outputs.map((name) => valueInfo(name, ELEMENT_TYPES.float32));
  // The shapes noted in the file are those of the former input.
  graph.value_info = [];
}

function imageInput(graph: OnnxGraph) {
  const constants = new Set(graph.initializer.map((tensor) => tensor.name));
  // Old exports list their constants as inputs too.
  const inputs = graph.input.filter((input) => !constants.has(input.name));
  const [image] = inputs;
  if (image === undefined || inputs.length !== 1 || dimensions(image).length !== 4) {
    throw new UnknownHeadError(
      `Cannot use the model as a detector: expected one input of 4 dimensions, found ${
        inputs.map((input) => `${input.name} [${dimensions(input).join(", ")}]`).join("; ")
      }`,
    );
  }
  return image;
}

function inputSize(graph: OnnxGraph): Size | undefined {
  const [, , height = -1, width = -1] = dimensions(imageInput(graph));
  return height > 0 && width > 0 ? { width, height } : undefined;
}

/**
 * Looks for grids that are each reshaped, then joined: `Concat(Reshape(Concat(Conv, Conv)), …)`,
 * where the convolutions give box distributions and class logits.
 */
function findDistributionHead(graph: OnnxGraph) {
  const producers = producersOf(graph);
  const weights = constantsOf(graph);
  const channels = (name: string | undefined): number => {
    const producer = name === undefined ? undefined : producers.get(name);
    const weight = producer?.op_type === "Conv" ? weights.get(producer.input[1] ?? "") : undefined;
    return Number(weight?.dims[0] ?? 0);
  };
  for (const node of graph.node.toReversed()) {
    if (node.op_type !== "Concat" || node.input.length !== STRIDES.length) continue;
    const grids = node.input.map((name) => {
      const reshape = producers.get(name);
      return reshape?.op_type === "Reshape" ? producers.get(reshape.input[0] ?? "") : undefined;
    });
    const shapes = grids.map((grid) => {
      if (grid?.op_type !== "Concat" || grid.input.length !== 2) return "";
      const [box, classes] = grid.input.map(channels);
      return box && classes && box % 4 === 0 ? `${box} ${classes}` : "";
    });
    const [shape] = shapes;
    if (shape && shapes.every((each) => each === shape)) {
      const outputs = grids.flatMap((grid) => grid?.output[0] ?? []);
      return { outputs, classes: Number(shape.split(" ")[1]) };
    }
  }
  return undefined;
}

/** Attention blocks reshape to constant sizes, which holds them to the size of the export. */
function worksAtAnySize(graph: OnnxGraph, outputs: string[]): boolean {
  return !ancestors(graph, outputs).some((node) => ["Reshape", "Expand"].includes(node.op_type));
}

function isFinal(shape: number[]): boolean {
  return shape.length === 3 && shape[2] === 6;
}

function recognizeHead(
  shape: number[],
  { width, height }: Size,
): { kind: HeadKind; classes: number } | undefined {
  if (shape.length !== 3) return undefined;
  const [, second = 0, third = 0] = shape;
  const cells = STRIDES.reduce((sum, stride) => sum + (width / stride) * (height / stride), 0);
  if (third === cells && second > 4) return { kind: "yolov8", classes: second - 4 };
  if (second === 3 * cells && third > 5) return { kind: "yolov5", classes: third - 5 };
  if (second === cells && third > 5) return { kind: "yolox", classes: third - 5 };
  return isFinal(shape) ? { kind: "end2end", classes: COCO_LABELS.length } : undefined;
}

/** Reads `{0: 'person', 1: "driver's cab"}`, as Ultralytics writes it into its exports. */
function readLabels(model: OnnxModel, classes: number): string[] {
  const names = new Map<number, string>();
  const text = model.metadata_props.find(({ key }) => key === "names")?.value ?? "";
  for (const [, index, single, double] of text.matchAll(/(\d+)\s*:\s*(?:'([^']*)'|"([^"]*)")/g)) {
    names.set(Number(index), single ?? double ?? "");
  }
  const fallback = names.size === 0 && classes === COCO_LABELS.length ? COCO_LABELS : [];
  const count = Math.max(classes, names.size);
  return Array.from({ length: count }, (_, i) => names.get(i) ?? fallback[i] ?? `class_${i}`);
}

/** The operations that turn `[1, h, w, 3]` bytes into the image that the network was trained on. */
function pixelPrefix(from: string, to: string, yolox: boolean) {
  const planes = `${from}/planes`;
  const values = `${from}/values`;
  const constant = `${from}/constant`;
  const nodes = [
    operation("Transpose", [from], planes, [
      { name: "perm", type: ATTRIBUTE_TYPES.ints, ints: [0, 3, 1, 2] },
    ]),
    operation("Cast", [planes], values, [
      { name: "to", type: ATTRIBUTE_TYPES.int, i: ELEMENT_TYPES.float32 },
    ]),
    // YOLOX was trained on blue, green, red from 0 to 255, the others on red, green, blue from 0 to 1.
    yolox
      ? operation("Gather", [values, constant], to, [{
        name: "axis",
        type: ATTRIBUTE_TYPES.int,
        i: 1,
      }])
      : operation("Mul", [values, constant], to),
  ];
  const initializer = yolox
    ? tensor(constant, [3], [2, 1, 0])
    : tensor(constant, [], new Float32Array([1 / 255]));
  return { nodes, initializers: [initializer] };
}
