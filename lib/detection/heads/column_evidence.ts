/** What a graph's last operations tell of the columns of a row `[box, scores, …]`. @module */

import type { GraphLookup } from "../../onnx/graph_lookup.ts";
import { ancestors } from "../../onnx/onnx_nodes.ts";
import type { OnnxNode } from "../../onnx/onnx_schema.ts";

/** What is known of an output `[1, rows, columns]`; `undefined` where the graph does not tell. */
export interface ColumnEvidence {
  /** Whether a column holds the number of a class rather than each column the score of one. */
  hasClassNumbers?: boolean;
  /** Whether boxes are shares of the input, from 0 to 1. */
  isNormalized?: boolean;
  /** Whether the rows are what convolutions gave, with nothing added or multiplied. */
  isRaw?: boolean;
  /** Whether sides, objectness and scores come from convolutions of their own, as in YOLOX. */
  isDecoupled?: boolean;
  /** Whether sides are exponents of what convolutions gave. */
  hasExponents?: boolean;
}

/** Operations that only move, choose, copy or join values; of each, the input that the values, or the first of them, come from. */
const MOVES: Readonly<Record<string, number>> = {
  ...{ Identity: 0, Reshape: 0, Transpose: 0, Squeeze: 0, Unsqueeze: 0, Flatten: 0, Slice: 0 },
  ...{ Split: 0, Gather: 0, GatherElements: 0, GatherND: 0, Expand: 0, Tile: 0, Pad: 0, Cast: 0 },
  ...{ QuantizeLinear: 0, DequantizeLinear: 0, ScatterND: 2, Clip: 0, Concat: 0 },
};

/** Operations that give numbers of classes or cells. */
const NUMBERING = new Set(["ArgMax", "Mod", "NonMaxSuppression"]);

const SCORING = new Set(["Sigmoid", "Softmax"]);

/** Finds out what the columns of an output hold. */
export function readColumns(lookup: GraphLookup, output: string): ColumnEvidence {
  const join = findColumnJoin(lookup, output);
  const decoding = decodingOperations(lookup, output);
  const types = new Set(decoding?.map(({ op_type }) => op_type));
  const decoded = decoding === undefined ? {} : {
    isRaw: [...types].every((type) => RAW.has(type)),
    hasExponents: types.has("Exp"),
    isDecoupled: decoding.some((node) => joinsDecoupled(lookup, node)),
  };
  if (join === undefined) return decoded;
  const [box = "", ...others] = join.input;
  const sources = others.map((name) => sourceOf(lookup, name));
  const hasNumbers = sources.some(({ isNumber }) => isNumber);
  const hasScores = SCORING.has(sources.at(-1)?.node?.op_type ?? "");
  const boxSource = sourceOf(lookup, box).node;
  return {
    ...(hasNumbers && { hasClassNumbers: true }),
    ...(!hasNumbers && hasScores && { hasClassNumbers: false }),
    ...(boxSource !== undefined && { isNormalized: SCORING.has(boxSource.op_type) }),
    ...decoded,
  };
}

/** The last operation that computes values, before others only move them. */
export function sourceOf(
  lookup: GraphLookup,
  name: string,
): { node: OnnxNode | undefined; isNumber: boolean } {
  let isCast = false;
  for (let value = name;;) {
    const node = lookup.producer(value);
    const place = node === undefined ? undefined : MOVES[node.op_type];
    if (node === undefined || place === undefined) {
      const isPlace = node?.op_type === "TopK" && node.output.indexOf(value) === 1;
      const isInteger = isCast && ["Sub", "Div", "Where"].includes(node?.op_type ?? "");
      const isNumber = NUMBERING.has(node?.op_type ?? "") || isPlace || isInteger;
      return { node, isNumber };
    }
    isCast ||= node.op_type === "Cast";
    value = node.input[place] ?? "";
  }
}

/** The operation that joins the columns, before their rows were moved, chosen or filled up. */
function findColumnJoin(lookup: GraphLookup, output: string): OnnxNode | undefined {
  /** Dimension of the columns, from the end. */
  let axisFromEnd = 1;
  let rank: number | undefined = 3;
  for (let name = output;;) {
    const node = lookup.producer(name);
    if (node === undefined) return undefined;
    const { op_type, attribute, input } = node;
    const numbers = (key: string) =>
      attribute.find((each) => each.name === key)?.ints?.map(Number) ?? lookup.integers(input[1]);
    if (op_type === "Concat") {
      const axis = Number(attribute.find((each) => each.name === "axis")?.i ?? 0);
      const fromEnd = axis < 0 ? -axis : rank === undefined ? axisFromEnd : rank - axis;
      if (fromEnd === axisFromEnd) return node;
    } else if (op_type === "Transpose") {
      const order = numbers("perm") ?? [];
      const isTurned = order.length >= 2 && order.at(-1) === order.length - 2 &&
        order.at(-2) === order.length - 1;
      if (!isTurned) return undefined;
      axisFromEnd = 3 - axisFromEnd;
    } else if (op_type === "Unsqueeze" || op_type === "Squeeze") {
      const change = numbers("axes")?.length;
      rank = rank === undefined || change === undefined
        ? undefined
        : rank + (op_type === "Squeeze" ? change : -change);
    } else if (op_type === "Reshape") {
      rank = undefined;
    } else if (MOVES[op_type] === undefined) {
      return undefined;
    }
    name = input[MOVES[op_type] ?? 0] ?? "";
  }
}

/** Operations through which values stay what convolutions gave, or become their sigmoids. */
const RAW = new Set(
  "Identity Reshape Transpose Flatten Concat Sigmoid QuantizeLinear DequantizeLinear Cast".split(
    " ",
  ),
);

/** Operations that an image is computed with. */
const NETWORK = new Set(["Conv", "ConvInteger", "QLinearConv", "MatMul", "Gemm"]);

/** Whether an operation joins four sides as convolutions gave them, objectness and scores. */
function joinsDecoupled(lookup: GraphLookup, { op_type, input }: OnnxNode): boolean {
  const [sides, ...scores] = input.map((name) => lookup.producer(lookup.original(name)));
  const weights = lookup.constant(sides?.input[1]) ??
    lookup.constant(lookup.producer(sides?.input[1])?.input[0]);
  return op_type === "Concat" && sides?.op_type === "Conv" && Number(weights?.dims[0]) === 4 &&
    scores.length === 2 && scores.every((node) => node?.op_type === "Sigmoid");
}

/** The operations between the network and an output; `undefined` without a network. */
function decodingOperations(lookup: GraphLookup, output: string): OnnxNode[] | undefined {
  const seen = new Set<OnnxNode>();
  const pending = [output];
  let hasNetwork = false;
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const node = lookup.producer(name);
    if (node === undefined || seen.has(node)) continue;
    if (NETWORK.has(node.op_type)) {
      hasNetwork = true;
      continue;
    }
    seen.add(node);
    // Shapes and places are no values.
    const isMove = node.op_type !== "Concat" && MOVES[node.op_type] !== undefined;
    const inputs = isMove ? node.input.slice(MOVES[node.op_type]).slice(0, 1) : node.input;
    pending.push(...inputs.filter((each) => !lookup.constant(each)));
  }
  return hasNetwork ? [...seen] : undefined;
}

/**
 * Whether a graph gives each object once without suppression, by choosing its best boxes.
 *
 * @param noted What the exporter says of it
 */
export function choosesBoxes({ graph }: GraphLookup, noted?: boolean): boolean {
  if (noted === true) return true;
  const nodes = ancestors(graph, graph.output.map(({ name }) => name));
  return nodes.some(({ op_type }) => op_type === "TopK") &&
    !nodes.some(({ op_type }) => /NonMaxSuppression|NMS/.test(op_type));
}
