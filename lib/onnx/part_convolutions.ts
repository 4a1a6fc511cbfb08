/** Has convolutions whose channels are parted afterwards compute each part by itself. @module */

import { constantsOf, operation, readersOf } from "./onnx_nodes.ts";
import {
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx_schema.ts";

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
 * Computes each half of the channels that a C2f block continues with by its own convolution; edits the model in place, and
 * returns it.
 *
 * ONNX Runtime keeps channels in blocks for its convolutions, and would have to reorder the whole tensor to split it.
 */
export function partConvolutions(model: OnnxModel): OnnxModel {
  const { graph } = model;
  const constants = constantsOf(graph);
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
  return model;
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

function hasGroups({ attribute }: OnnxNode): boolean {
  return Number(attribute.find(({ name }) => name === "group")?.i ?? 1) !== 1;
}

function integersOf(constant: OnnxTensor | undefined): number[] | undefined {
  const isRead = constant?.data_type === ELEMENT_TYPES.int64 && constant.raw_data.length > 0;
  if (!isRead) return undefined;
  // A copy, since the file's bytes are not aligned.
  return Array.from(new BigInt64Array(new Uint8Array(constant.raw_data).buffer), Number);
}
