/**
 * The head of YOLOv8 and its successors, cut off where each stride's grid of boxes and of classes leaves the network.
 *
 * @module
 */

import type { GraphLookup } from "../../onnx/graph_lookup.ts";
import { ancestors } from "../../onnx/onnx_nodes.ts";
import type { OnnxNode } from "../../onnx/onnx_schema.ts";
import { choosesBoxes } from "./column_evidence.ts";
import type { ExportFacts, FoundHead } from "./head.ts";
import { strideOf } from "./tensor_stride.ts";

/** Grids that are each reshaped, then joined: `Concat(Reshape(grid), …)`; each grid one tensor, or several joined before. */
interface Join {
  node: OnnxNode;
  /** For each stride the tensors that a grid consists of. */
  grids: string[][];
  /** Channels of the tensors of a grid, the same for each stride. */
  channels: number[];
}

/** Boxes and classes of all strides. */
interface Grids {
  boxes: string[];
  classes: string[];
  classCount: number;
}

/** From strides 4 to 128 there are no more. */
const MOST_GRIDS = 6;

/**
 * Recognises the head.
 *
 * Exports up to Ultralytics 8.3 join boxes and classes of a stride before the strides, later ones the strides of boxes and of
 * classes apart; further grids, such as coefficients of masks, are left aside.
 */
export function findGridHead({ lookup, metadata, outputs }: ExportFacts): FoundHead | undefined {
  // Of two heads, such as one that only helps in training, that of the first output counts.
  const [first] = outputs;
  const found = findGrids(lookup, ancestors(lookup.graph, first ? [first.name] : [])) ??
    findGrids(lookup, lookup.graph.node);
  if (found === undefined) return undefined;
  const strides = found.boxes.map((name) => strideOf(lookup, name));
  if (!strides.every((stride) => stride !== undefined)) return undefined;
  return {
    kind: "dfl",
    classes: found.classCount,
    outputs: found.boxes.flatMap((name, index) => [name, found.classes[index] ?? ""]),
    suppressed: choosesBoxes(lookup, metadata.endToEnd),
    strides,
  };
}

function findGrids(lookup: GraphLookup, nodes: readonly OnnxNode[]): Grids | undefined {
  const joins = nodes.flatMap((node) => readJoin(lookup, node) ?? []).reverse();
  return findJoined(lookup, joins) ?? findApart(lookup, joins);
}

function findJoined(lookup: GraphLookup, joins: readonly Join[]): Grids | undefined {
  for (const { node, grids, channels } of joins) {
    const [box = 0, classCount = 0, ...rest] = channels;
    if (classCount === 0 || rest.length > 0 || !isBoxes(lookup, node, box)) continue;
    return {
      boxes: grids.map(([boxes = ""]) => boxes),
      classes: grids.map(([, classes = ""]) => classes),
      classCount,
    };
  }
  return undefined;
}

function findApart(lookup: GraphLookup, joins: readonly Join[]): Grids | undefined {
  const single = joins.filter(({ channels }) => channels.length === 1);
  const boxes = single.find(({ node, channels: [count = 0] }) => isBoxes(lookup, node, count));
  const classes = single.find(({ node }) => isClasses(lookup, node));
  if (boxes === undefined || boxes === classes) return undefined;
  if (classes?.grids.length !== boxes.grids.length) return undefined;
  return {
    boxes: boxes.grids.flat(),
    classes: classes.grids.flat(),
    classCount: classes.channels[0] ?? 0,
  };
}

/** Operations that carry a distribution to its softmax, or a distance to its arithmetic. */
const MOVING = ["Reshape", "Transpose", "Slice", "Split"];

/** Whether the first channels are distances to the sides of boxes: as distributions, of which a softmax is taken, or plain. */
function isBoxes(lookup: GraphLookup, { output: [name = ""] }: OnnxNode, channels: number) {
  if (channels === 0 || channels % 4 !== 0) return false;
  const readers = lookup.readersThrough(name, MOVING);
  if (channels > 4) return readers.some(({ op_type }) => op_type === "Softmax");
  // A cell's centre less the distance, and plus the distance.
  return ["Sub", "Add"].every((type) => readers.some(({ op_type }) => op_type === type));
}

/** Whether logits become scores; the angle of an oriented box is a sigmoid, too, but is shifted afterwards. */
function isClasses(lookup: GraphLookup, { output: [name = ""] }: OnnxNode): boolean {
  return lookup.readersThrough(name, ["Transpose"]).some(({ op_type, output: [scores = ""] }) =>
    op_type === "Sigmoid" && !lookup.readersThrough(scores).some((node) => node.op_type === "Sub")
  );
}

function readJoin(lookup: GraphLookup, node: OnnxNode): Join | undefined {
  const { op_type, input } = node;
  if (op_type !== "Concat" || input.length < 2 || input.length > MOST_GRIDS) return undefined;
  const grids = input.map((name) => {
    const reshape = lookup.producer(lookup.original(name));
    if (reshape?.op_type !== "Reshape") return [];
    const grid = lookup.original(reshape.input[0] ?? "");
    const join = lookup.producer(grid);
    return join?.op_type === "Concat" ? join.input.map((each) => lookup.original(each)) : [grid];
  });
  const [channels = [], ...others] = grids.map((names) =>
    names.map((name) => convolutionChannels(lookup, name) ?? 0)
  );
  const isEven = channels.length > 0 && !channels.includes(0) &&
    others.every((each) => each.join() === channels.join());
  return isEven ? { node, grids, channels } : undefined;
}

/** Channels of what a convolution gives; `undefined` for other values. */
function convolutionChannels(lookup: GraphLookup, name: string): number | undefined {
  const node = lookup.producer(name);
  if (node?.op_type !== "Conv") return undefined;
  const [, weights = ""] = node.input;
  // Weights in 8 bits are made real by an operation of their own.
  const constant = lookup.constant(weights) ??
    lookup.constant(lookup.producer(weights)?.input[0]);
  return Number(constant?.dims[0] ?? 0) || undefined;
}
