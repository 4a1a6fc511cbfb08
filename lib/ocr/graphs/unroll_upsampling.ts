/** Has a text detector enlarge its map by moving values instead of computing on the enlarged one. @module */

import {
  constantsOf,
  floatsOf,
  operation,
  producersOf,
  readersOf,
  tensor,
} from "../../onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from "../../onnx/onnx_schema.ts";

/** How many times as wide and high one of the two steps makes the map. */
const FACTOR = 2;
/** Pixels that one pixel becomes in one step. */
const PARTS = FACTOR ** 2;
/** How many times as wide and high both together make it. */
const BOTH = FACTOR ** 2;

/** A `ConvTranspose` that makes of each pixel a square of its own. */
interface Enlargement {
  node: OnnxNode;
  /** `[inputs, outputs, rows, columns]`. */
  weights: Float32Array;
  bias: Float32Array;
  inputs: number;
  outputs: number;
}

/**
 * Edits the end of a text detector in place: `ConvTranspose`, `Relu`, `ConvTranspose`, `Sigmoid`, each step of which doubles the
 * map.
 *
 * What a pixel becomes depends on that pixel alone. So each of the pixels that it becomes is a channel of its own at first,
 * computed by plain convolutions, and `DepthToSpace` moves them to their places in the end.
 *
 * @returns Whether the graph ends so; any other stays as it is
 */
export function unrollUpsampling(graph: OnnxGraph): boolean {
  const [output] = graph.output;
  const producers = producersOf(graph);
  const sigmoid = producers.get(output?.name ?? "");
  const second = enlargementAt(graph, producers.get(sigmoid?.input[0] ?? ""));
  const relu = producers.get(second?.node.input[0] ?? "");
  const first = enlargementAt(graph, producers.get(relu?.input[0] ?? ""));
  const chain = [first?.node, relu, second?.node, sigmoid];
  const isChain = sigmoid?.op_type === "Sigmoid" && relu?.op_type === "Relu" &&
    chain.slice(0, 3).every((node) => readersOf(graph, node?.output[0] ?? "").length === 1);
  if (!isChain || first === undefined || second?.outputs !== 1) return false;
  const [firstWeights, secondWeights] = [spread(first, "upsampling/first"), gather(first, second)];
  graph.initializer.push(...firstWeights, ...secondWeights);
  const names = (constants: readonly OnnxTensor[]) => constants.map(({ name }) => name);
  const nodes = [
    operation("Conv", [first.node.input[0] ?? "", ...names(firstWeights)], "upsampling/wide"),
    operation("Relu", ["upsampling/wide"], "upsampling/above"),
    operation("Conv", ["upsampling/above", ...names(secondWeights)], "upsampling/logits"),
    operation("Sigmoid", ["upsampling/logits"], "upsampling/parts"),
    operation("DepthToSpace", ["upsampling/parts"], sigmoid.output[0] ?? "", [
      { name: "blocksize", type: ATTRIBUTE_TYPES.int, i: BOTH },
    ]),
  ];
  graph.node = graph.node.flatMap((node) =>
    node === sigmoid ? nodes : chain.includes(node) ? [] : [node]
  );
  return true;
}

function enlargementAt(graph: OnnxGraph, node: OnnxNode | undefined): Enlargement | undefined {
  if (node?.op_type !== "ConvTranspose") return undefined;
  const constants = constantsOf(graph);
  const [weight, bias] = node.input.slice(1).map((name) => constants.get(name));
  const [inputs = 0, outputs = 0, rows, columns] = weight?.dims.map(Number) ?? [];
  const ints = (key: string) =>
    node.attribute.find(({ name }) => name === key)?.ints?.map(Number) ?? [];
  const isPlain = rows === FACTOR && columns === FACTOR &&
    ints("strides").length === 2 && ints("strides").every((stride) => stride === FACTOR) &&
    ints("pads").every((pad) => pad === 0) &&
    node.attribute.every(({ name, i }) => name !== "group" || Number(i) === 1);
  const values = [weight, bias].map(floatsOf);
  if (!isPlain || values[0] === undefined || values[1] === undefined) return undefined;
  return { node, weights: values[0], bias: values[1], inputs, outputs };
}

/** The first step as a convolution: one group of channels for each pixel that a pixel becomes. */
function spread({ weights, bias, inputs, outputs }: Enlargement, name: string): OnnxTensor[] {
  const spreadWeights = new Float32Array(PARTS * outputs * inputs);
  const spreadBias = Float32Array.from(
    { length: PARTS * outputs },
    (_, index) => bias[index % outputs] ?? 0,
  );
  for (let input = 0; input < inputs; input++) {
    for (let output = 0; output < outputs; output++) {
      for (let part = 0; part < PARTS; part++) {
        spreadWeights[(part * outputs + output) * inputs + input] =
          weights[(input * outputs + output) * PARTS + part] ?? 0;
      }
    }
  }
  return [
    tensor(`${name}/weights`, [PARTS * outputs, inputs, 1, 1], spreadWeights),
    tensor(`${name}/bias`, [PARTS * outputs], spreadBias),
  ];
}

/** The second step: for each pixel of the last map a channel that takes those of its group, row by row. */
function gather(first: Enlargement, { weights, bias }: Enlargement): OnnxTensor[] {
  const channels = PARTS * first.outputs;
  const gathered = new Float32Array(BOTH * BOTH * channels);
  for (let row = 0; row < BOTH; row++) {
    for (let column = 0; column < BOTH; column++) {
      const group = Math.floor(row / FACTOR) * FACTOR + Math.floor(column / FACTOR);
      const part = row % FACTOR * FACTOR + column % FACTOR;
      for (let input = 0; input < first.outputs; input++) {
        const place = (row * BOTH + column) * channels + group * first.outputs + input;
        gathered[place] = weights[input * PARTS + part] ?? 0;
      }
    }
  }
  return [
    tensor("upsampling/second/weights", [BOTH * BOTH, channels, 1, 1], gathered),
    tensor("upsampling/second/bias", [BOTH * BOTH], new Float32Array(BOTH * BOTH).fill(bias[0])),
  ];
}
