/**
 * Takes work out of a detector's ONNX graph that changes nothing in what the detector finds.
 *
 * @module
 */

import { ancestors, type DetectorLayout, STRIDES } from "./onnx_graph.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx_schema.ts";

/** From here on `Pad` and `Slice` take computed places. */
const LEAST_OPERATOR_SET = 11;
/** Operations through which a row depends on no other; and convolutions, on as many as their kernel reaches. */
const ROW_OPERATIONS = new Set(["Conv", "Sigmoid", "Mul"]);

/**
 * Edits a model in place, and returns it.
 *
 * - A convolution whose channels are parted afterwards becomes one for each part.
 * - Boxes are computed only in those rows of each grid, from the first to the last, that hold a class above the
 *   confidence; in all others they are 0.
 *
 * What does not look as expected is left as it is.
 *
 * @param confidence Confidence that a detection has to exceed, between 0 and 1
 */
export function leanDetector(
  model: OnnxModel,
  layout: DetectorLayout,
  confidence: number,
): OnnxModel {
  const { graph } = model;
  partConvolutions(graph);
  const operatorSet = model.opset_import.find(({ domain }) => !domain)?.version ?? 0;
  if (layout.kind === "distribution" && Number(operatorSet) >= LEAST_OPERATOR_SET) {
    const leastLogit = Math.log(confidence / (1 - confidence));
    layout.outputs.forEach((output, index) => {
      const stride = STRIDES[index] ?? 1;
      const grid = { rows: layout.input.height / stride, columns: layout.input.width / stride };
      boundBoxes(graph, output, grid, leastLogit);
    });
  }
  return model;
}

/** Channels that are taken out of a tensor: from `start` up to `end`, under the name `output`. */
interface Part {
  output: string;
  start: number;
  end: number;
}

/** `Conv, Sigmoid, Mul` that end in a tensor of which only parts are used. */
interface PartedConvolution {
  conv: OnnxNode;
  weights: OnnxTensor[];
  parts: Part[];
  /** What the parts replace. */
  replaced: Set<OnnxNode>;
}

/**
 * Computes the halves that C2f blocks go on with by a convolution each.
 *
 * ONNX Runtime keeps channels in blocks for its convolutions, and would have to reorder the whole tensor to part it.
 */
function partConvolutions(graph: OnnxGraph): void {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.node) {
    const found = node.op_type === "Mul" && findParts(graph, node, constants);
    if (!found) continue;
    const { conv, weights, parts, replaced } = found;
    const nodes = parts.flatMap((part) => {
      const tensors = weights.map((tensor) => takeChannels(tensor, part));
      graph.initializer.push(...tensors);
      const [before, share] = [`${part.output}/conv`, `${part.output}/sigmoid`];
      const input = [conv.input[0] ?? "", ...tensors.map(({ name }) => name)];
      return [
        { ...conv, name: before, input, output: [before] },
        operation("Sigmoid", [before], share),
        operation("Mul", [before, share], part.output),
      ];
    });
    const place = graph.node.indexOf(conv);
    graph.node = [
      ...graph.node.slice(0, place),
      ...nodes,
      ...graph.node.slice(place).filter((each) => !replaced.has(each)),
    ];
  }
}

function findParts(
  graph: OnnxGraph,
  mul: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): PartedConvolution | undefined {
  const [whole = ""] = mul.output;
  const readers = readersOf(graph, whole);
  if (readers.length === 0 || graph.output.some(({ name }) => name === whole)) return undefined;
  const conv = graph.node.find(({ op_type, output: [name = ""] }) =>
    op_type === "Conv" && mul.input.includes(name)
  );
  const between = readersOf(graph, conv?.output[0] ?? "");
  const sigmoid = between.find(({ op_type }) => op_type === "Sigmoid");
  if (conv === undefined || sigmoid === undefined || between.length !== 2) return undefined;
  if (!mul.input.includes(sigmoid.output[0] ?? "") || !between.includes(mul)) return undefined;
  const weights = conv.input.slice(1).flatMap((name) => constants.get(name) ?? []);
  const channels = Number(weights[0]?.dims[0] ?? 0);
  const isReadable = weights.length === conv.input.length - 1 &&
    weights.every(({ dims, raw_data }) => Number(dims[0]) === channels && raw_data.length > 0);
  if (!isReadable || hasGroups(conv)) return undefined;
  const parts = readers.flatMap((reader) => partsOf(reader, channels, constants) ?? []);
  const taken = parts.reduce((sum, { start, end }) => sum + end - start, 0);
  // Each channel once, so that nothing is computed twice, and nothing else reads the whole.
  const isParted = taken === channels &&
    parts.length === readers.reduce((sum, { output }) => sum + output.length, 0);
  if (!isParted) return undefined;
  return { conv, weights, parts, replaced: new Set([conv, sigmoid, mul, ...readers]) };
}

/** What a `Slice` or `Split` takes out of the channels; `undefined` where it does something else. */
function partsOf(
  { op_type, input, output, attribute }: OnnxNode,
  channels: number,
  constants: ReadonlyMap<string, OnnxTensor>,
): Part[] | undefined {
  const numbers = input.slice(1).map((name) => integersOf(constants.get(name)));
  if (op_type === "Slice") {
    const [[start = NaN] = [], [end = NaN] = [], [axis = 0] = [], [step = 1] = []] = numbers;
    const isPart = axis === 1 && step === 1 && start >= 0 && end > start;
    return isPart ? [{ output: output[0] ?? "", start, end: Math.min(end, channels) }] : undefined;
  }
  const axis = attribute.find(({ name }) => name === "axis")?.i;
  if (op_type !== "Split" || Number(axis) !== 1) return undefined;
  const noted = attribute.find(({ name }) => name === "split")?.ints?.map(Number);
  const equal = output.map(() => channels / output.length);
  let end = 0;
  return (numbers[0] ?? noted ?? equal).map((size, index) => {
    const start = end;
    end += size;
    return { output: output[index] ?? "", start, end };
  });
}

function takeChannels(
  { name, dims, data_type, raw_data }: OnnxTensor,
  { output, start, end }: Part,
): OnnxTensor {
  const bytes = raw_data.length / Number(dims[0]);
  return {
    name: `${output}/${name}`,
    data_type,
    dims: [end - start, ...dims.slice(1)],
    raw_data: raw_data.subarray(start * bytes, end * bytes),
  };
}

/** The boxes of one grid: the nodes that nothing else needs, and the tensor that they begin with. */
interface BoxBranch {
  nodes: OnnxNode[];
  source: string;
  channels: number;
  /** Rows on either side that a row depends on. */
  reach: number;
}

function boundBoxes(
  graph: OnnxGraph,
  output: string,
  grid: { rows: number; columns: number },
  leastLogit: number,
): void {
  const join = graph.node.find((node) => node.output[0] === output);
  const [boxes, classes] = join?.input ?? [];
  if (join === undefined || boxes === undefined || classes === undefined) return;
  const branch = findBoxBranch(graph, boxes, join);
  if (branch === undefined) return;
  const bounds = boundRows(output, classes, grid, branch.reach, leastLogit);
  const cropped = `${output}/cropped`;
  const shape = tensor(`${output}/shape`, [4], [1, branch.channels, grid.rows, grid.columns]);
  const nodes = [
    ...bounds.nodes,
    operation("Slice", [branch.source, bounds.start, bounds.end, bounds.axis], cropped),
    ...branch.nodes.map((node) => ({
      ...node,
      input: node.input.map((name) => name === branch.source ? cropped : name),
    })),
    operation("Pad", [boxes, bounds.padding], `${output}/padded`),
    // Changes nothing, but tells the size beforehand, so that the output can go to memory that is there.
    operation("Reshape", [`${output}/padded`, shape.name], `${output}/boxes`),
    { ...join, input: [`${output}/boxes`, classes] },
  ];
  const moved = new Set([...branch.nodes, join]);
  graph.node = [...graph.node.filter((node) => !moved.has(node)), ...nodes];
  graph.initializer.push(...bounds.constants, shape);
}

function findBoxBranch(graph: OnnxGraph, boxes: string, join: OnnxNode): BoxBranch | undefined {
  const own = new Set<OnnxNode>();
  for (const node of ancestors(graph, [boxes]).toReversed()) {
    const readers = node.output.flatMap((name) => readersOf(graph, name));
    if (readers.every((reader) => reader === join || own.has(reader))) own.add(node);
  }
  const nodes = graph.node.filter((node) => own.has(node));
  const given = new Set([...nodes.flatMap(({ output }) => output)]);
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  const isConstant = (name: string) => given.has(name) || constants.has(name) || name === "";
  const sources = new Set(nodes.flatMap(({ input }) => input).filter((name) => !isConstant(name)));
  const [source] = sources;
  if (source === undefined || sources.size !== 1) return undefined;
  let reach = 0;
  for (const node of nodes) {
    if (!ROW_OPERATIONS.has(node.op_type)) return undefined;
    if (node.op_type !== "Conv") continue;
    const isFloat = constants.get(node.input[1] ?? "")?.data_type === ELEMENT_TYPES.float32;
    const kernelReach = reachOf(node);
    if (!isFloat || kernelReach === undefined) return undefined;
    reach += kernelReach;
  }
  const last = nodes.find(({ output }) => output[0] === boxes);
  const channels = Number(constants.get(last?.input[1] ?? "")?.dims[0] ?? 0);
  return { nodes, source, channels, reach };
}

/** How many rows a convolution looks up and down; `undefined` for one that changes the number of rows. */
function reachOf({ attribute }: OnnxNode): number | undefined {
  const values = (name: string) => attribute.find((each) => each.name === name)?.ints?.map(Number);
  const [kernel = NaN] = values("kernel_shape") ?? [];
  const isPlain = (values("strides") ?? []).every((stride) => stride === 1) &&
    (values("dilations") ?? []).every((dilation) => dilation === 1) &&
    !attribute.some(({ name }) => name === "auto_pad");
  const reach = (kernel - 1) / 2;
  const [top = 0, , bottom = 0] = values("pads") ?? [];
  return isPlain && top === reach && bottom === reach ? reach : undefined;
}

/**
 * Finds the rows of a grid that hold a class above the threshold.
 *
 * @param classes Logits, `[1, classes, rows, columns]`
 * @param reach Rows on either side that are needed too
 * @returns Names of int64 tensors: `start` and `end` of the rows for `Slice`, along `axis`, and `padding` for `Pad`
 */
function boundRows(
  prefix: string,
  classes: string,
  { rows, columns }: { rows: number; columns: number },
  reach: number,
  leastLogit: number,
) {
  const constants: OnnxTensor[] = [];
  const nodes: OnnxNode[] = [];
  const name = (what: string) => `${prefix}/${what}`;
  const constant = (what: string, dims: number[], values: Float32Array | number[]) => {
    constants.push(tensor(name(what), dims, values));
    return name(what);
  };
  const add = (type: string, input: string[], what: string, attribute?: OnnxNode["attribute"]) => {
    nodes.push(operation(type, input, name(what), attribute));
    return name(what);
  };
  const turn = [{ name: "perm", type: ATTRIBUTE_TYPES.ints, ints: [0, 2, 1, 3] }];
  const wholeRow = [{ name: "kernel_shape", type: ATTRIBUTE_TYPES.ints, ints: [1, columns] }];

  // The highest logit of each row: [1, 1, rows, 1].
  const perClass = add("MaxPool", [classes], "per_class", wholeRow);
  const best = add("GlobalMaxPool", [add("Transpose", [perClass], "turned", turn)], "best_turned");
  const perRow = add("Transpose", [best], "best", turn);
  // The best row counts in any case, so that there is always something to compute.
  const least = constant("least", [], new Float32Array([leastLogit]));
  const highest = add("GlobalMaxPool", [perRow], "highest");
  const bar = add("Min", [highest, least], "bar");
  const isLow = add("Less", [perRow, bar], "is_low");
  const counts = add("Cast", [add("Not", [isLow], "is_high")], "counts", [
    { name: "to", type: ATTRIBUTE_TYPES.int, i: ELEMENT_TYPES.float32 },
  ]);
  // How far up from the last row, and how far down from the first, each row reaches: the most of those that count.
  const extents = Float32Array.from(
    { length: 2 * rows },
    (_, index) => Math.min(rows, index < rows ? rows - index + reach : index - rows + 1 + reach),
  );
  const weights = constant("extents", [1, 2, rows, 1], extents);
  const extent = add("GlobalMaxPool", [add("Mul", [counts, weights], "weighed")], "extent");
  const whole = add("Cast", [extent], "whole", [
    { name: "to", type: ATTRIBUTE_TYPES.int, i: ELEMENT_TYPES.int64 },
  ]);
  const both = add("Reshape", [whole, constant("two", [1], [2])], "both");
  const rest = add("Sub", [constant("all", [2], [rows, rows]), both], "rest");
  const [first, second] = [constant("first", [1], [0]), constant("second", [1], [1])];
  const start = add("Gather", [rest, first], "start");
  const end = add("Gather", [both, second], "end");
  const below = add("Gather", [rest, second], "below");
  const [two, three] = [constant("none_2", [2], [0, 0]), constant("none_3", [3], [0, 0, 0])];
  const none = constant("none_1", [1], [0]);
  const padding = add("Concat", [two, start, three, below, none], "padding", [
    { name: "axis", type: ATTRIBUTE_TYPES.int, i: 0 },
  ]);
  const axis = constant("axis", [1], [2]);
  return { nodes, constants, start, end, axis, padding };
}

function readersOf(graph: OnnxGraph, name: string): OnnxNode[] {
  return graph.node.filter(({ input }) => input.includes(name));
}

function hasGroups({ attribute }: OnnxNode): boolean {
  return Number(attribute.find(({ name }) => name === "group")?.i ?? 1) !== 1;
}

function integersOf(constant: OnnxTensor | undefined): number[] | undefined {
  const isRead = constant?.data_type === ELEMENT_TYPES.int64 && constant.raw_data.length > 0;
  if (!isRead) return undefined;
  // A copy, since the file's bytes are not aligned.
  return Array.from(new BigInt64Array(new Uint8Array(constant.raw_data).buffer), Number);
}

/** Floats stay such; other numbers become 64-bit integers. */
function tensor(name: string, dims: number[], values: Float32Array | number[]): OnnxTensor {
  const isFloat = values instanceof Float32Array;
  const { buffer } = isFloat ? values : BigInt64Array.from(values, BigInt);
  const data_type = isFloat ? ELEMENT_TYPES.float32 : ELEMENT_TYPES.int64;
  return { name, data_type, dims, raw_data: new Uint8Array(buffer) };
}

function operation(
  op_type: string,
  input: string[],
  output: string,
  attribute: OnnxNode["attribute"] = [],
): OnnxNode {
  return { op_type, name: output, input, output: [output], attribute };
}
