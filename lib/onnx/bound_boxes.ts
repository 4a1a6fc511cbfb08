/** Has a YOLO head compute boxes only in those rows of a grid where something is found. @module */

import {
  ancestors,
  constantsOf,
  integer,
  integers,
  operation,
  readersOf,
  tensor,
} from "./onnx_nodes.ts";
import { ELEMENT_TYPES, type OnnxGraph, type OnnxNode, type OnnxTensor } from "./onnx_schema.ts";

/** Operations through which a row depends on no other; and convolutions, on as many as their kernel reaches. */
const ROW_OPERATIONS = new Set(
  "Conv Sigmoid Mul Relu LeakyRelu HardSwish Identity QuantizeLinear DequantizeLinear".split(" "),
);

/** The boxes of one grid: the nodes that nothing else needs, and the tensor that they begin with. */
interface BoxBranch {
  nodes: OnnxNode[];
  source: string;
  channels: number;
  /** Rows on either side that a row depends on. */
  reach: number;
}

/**
 * Bounds the boxes of one grid; edits the graph in place.
 *
 * Only the rows from the first to the last that hold a logit above `leastLogit` have boxes afterwards; in all others they
 * are 0. A branch that does not look as expected is left as it is.
 *
 * @param tensors Names of the boxes, `[1, channels, rows, columns]`, and of the logits, `[1, classes, rows, columns]`
 * @param grid Cells from top to bottom, and from left to right
 */
export function boundBoxes(
  graph: OnnxGraph,
  { boxes, classes }: { boxes: string; classes: string },
  grid: { rows: number; columns: number },
  leastLogit: number,
): void {
  const branch = findBoxBranch(graph, boxes);
  if (branch === undefined) return;
  const bounds = boundRows(boxes, classes, grid, branch.reach, leastLogit);
  const [cropped, bounded] = [`${boxes}/cropped`, `${boxes}/bounded`];
  const shape = tensor(`${boxes}/shape`, [4], [1, branch.channels, grid.rows, grid.columns]);
  const nodes = [
    ...bounds.nodes,
    ...crop(graph, branch.source, cropped, [bounds.start, bounds.end, bounds.axis]),
    ...branch.nodes.map((node) => ({
      ...node,
      input: node.input.map((name) => name === branch.source ? cropped : name),
      output: node.output.map((name) => name === boxes ? bounded : name),
      name: `${node.name}/bounded`,
    })),
    operation("Pad", [bounded, bounds.padding], `${boxes}/padded`),
    // Changes nothing, but states the size beforehand, so that the output can go to existing memory.
    operation("Reshape", [`${boxes}/padded`, shape.name], boxes),
  ];
  const moved = new Set(branch.nodes);
  graph.node = [...graph.node.filter((node) => !moved.has(node)), ...nodes];
  graph.initializer.push(...bounds.constants, shape);
}

/** Takes rows out of a tensor; of one that was rounded to integers, out of these, as they have to be what a convolution takes. */
function crop(graph: OnnxGraph, source: string, to: string, rows: string[]): OnnxNode[] {
  const producer = graph.node.find(({ output }) => output[0] === source);
  if (producer?.op_type !== "DequantizeLinear") return [operation("Slice", [source, ...rows], to)];
  const [integers = "", ...scale] = producer.input;
  return [
    operation("Slice", [integers, ...rows], `${to}/integer`),
    { ...producer, name: to, input: [`${to}/integer`, ...scale], output: [to] },
  ];
}

function findBoxBranch(graph: OnnxGraph, boxes: string): BoxBranch | undefined {
  const own = new Set<OnnxNode>();
  for (const node of ancestors(graph, [boxes]).toReversed()) {
    const readers = node.output.flatMap((name) => readersOf(graph, name));
    if (node.output.includes(boxes) || readers.every((reader) => own.has(reader))) own.add(node);
  }
  const nodes = graph.node.filter((node) => own.has(node));
  const given = new Set(nodes.flatMap(({ output }) => output));
  const constants = constantsOf(graph);
  const isConstant = (name: string) => given.has(name) || constants.has(name) || name === "";
  const sources = new Set(nodes.flatMap(({ input }) => input).filter((name) => !isConstant(name)));
  const [source] = sources;
  if (source === undefined || sources.size !== 1) return undefined;
  let reach = 0;
  for (const node of nodes) {
    if (!ROW_OPERATIONS.has(node.op_type)) return undefined;
    if (node.op_type !== "Conv") continue;
    const [, weight = ""] = node.input;
    const isFloat = constants.get(weight)?.data_type === ELEMENT_TYPES.float32;
    const kernelReach = reachOf(node);
    if (!(isFloat || given.has(weight)) || kernelReach === undefined) return undefined;
    reach += kernelReach;
  }
  const last = nodes.find(({ output }) => output[0] === boxes);
  const channels = Number(constants.get(last?.input[1] ?? "")?.dims[0] ?? 0);
  return channels > 0 ? { nodes, source, channels, reach } : undefined;
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

/** Adds operations and constants under names with a prefix of their own. */
class GraphBuilder {
  readonly constants: OnnxTensor[] = [];
  readonly nodes: OnnxNode[] = [];
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  constant(what: string, dims: number[], values: Float32Array | number[]): string {
    const name = `${this.#prefix}/${what}`;
    this.constants.push(tensor(name, dims, values));
    return name;
  }

  add(type: string, input: string[], what: string, attribute?: OnnxNode["attribute"]): string {
    const name = `${this.#prefix}/${what}`;
    this.nodes.push(operation(type, input, name, attribute));
    return name;
  }

  cast(input: string, what: string, to: keyof typeof ELEMENT_TYPES): string {
    const attribute = [integer("to", ELEMENT_TYPES[to])];
    return this.add("Cast", [input], what, attribute);
  }
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
  const graph = new GraphBuilder(prefix);
  const counts = markRows(graph, classes, columns, leastLogit);
  // How far up from the last row, and how far down from the first, each row reaches: the most of those that count.
  const extents = Float32Array.from(
    { length: 2 * rows },
    (_, index) => Math.min(rows, index < rows ? rows - index + reach : index - rows + 1 + reach),
  );
  const weights = graph.constant("extents", [1, 2, rows, 1], extents);
  const weighed = graph.add("Mul", [counts, weights], "weighed");
  const whole = graph.cast(graph.add("GlobalMaxPool", [weighed], "extent"), "whole", "int64");
  const both = graph.add("Reshape", [whole, graph.constant("two", [1], [2])], "both");
  const rest = graph.add("Sub", [graph.constant("all", [2], [rows, rows]), both], "rest");
  const first = graph.constant("first", [1], [0]);
  const second = graph.constant("second", [1], [1]);
  const start = graph.add("Gather", [rest, first], "start");
  const end = graph.add("Gather", [both, second], "end");
  const below = graph.add("Gather", [rest, second], "below");
  const none = (count: number) => graph.constant(`none_${count}`, [count], Array(count).fill(0));
  const sides = [none(2), start, none(3), below, none(1)];
  const padding = graph.add("Concat", sides, "padding", [integer("axis", 0)]);
  const axis = graph.constant("axis", [1], [2]);
  return { nodes: graph.nodes, constants: graph.constants, start, end, axis, padding };
}

/** Tells with `[1, 1, rows, 1]` ones and zeros which rows hold a logit above the least; the best row does in any case. */
function markRows(
  graph: GraphBuilder,
  classes: string,
  columns: number,
  leastLogit: number,
): string {
  const turn = [integers("perm", [0, 2, 1, 3])];
  const wholeRow = [integers("kernel_shape", [1, columns])];
  const perClass = graph.add("MaxPool", [classes], "per_class", wholeRow);
  const turned = graph.add("Transpose", [perClass], "turned", turn);
  const best = graph.add("GlobalMaxPool", [turned], "best_turned");
  const perRow = graph.add("Transpose", [best], "best", turn);
  // So that there is always something to compute.
  const highest = graph.add("GlobalMaxPool", [perRow], "highest");
  const least = graph.constant("least", [], new Float32Array([leastLogit]));
  const bar = graph.add("Min", [highest, least], "bar");
  const isLow = graph.add("Less", [perRow, bar], "is_low");
  return graph.cast(graph.add("Not", [isLow], "is_high"), "counts", "float32");
}
