/**
 * Joins what PaddlePaddle's exporter spreads over several operations; what a graph computes stays the same.
 *
 * @module
 */

import { constantsOf, operation, producersOf, readersOf, tensor } from "../../onnx/onnx_nodes.ts";
import type { OnnxGraph, OnnxModel, OnnxNode } from "../../onnx/onnx_schema.ts";
import { readScalarConstants } from "../../onnx/scalar_constants.ts";

/** The set of operators that ONNX Runtime adds to those of ONNX. */
export const RUNTIME_OPERATORS = "com.microsoft";

/** How far apart two constants may be that are the same. */
const CLOSE = 1e-4;

/**
 * Edits a model in place.
 *
 * - `Identity` goes.
 * - A bias that is added to a convolution becomes part of it.
 * - `x + x * share`, where the share is one number a channel, becomes `x * (share + 1)`.
 * - The five operations of a GELU become one, which ONNX Runtime would not see any more in a quantized graph.
 */
export function tidyGraph({ graph, opset_import }: OnnxModel): void {
  dropIdentities(graph);
  joinBiases(graph);
  joinShares(graph);
  joinGelus(graph);
  opset_import.push({ domain: RUNTIME_OPERATORS, version: 1 });
}

function dropIdentities(graph: OnnxGraph): void {
  const outputs = new Set(graph.output.map(({ name }) => name));
  const sources = new Map<string, string>();
  graph.node = graph.node.filter((node) => {
    node.input = node.input.map((name) => sources.get(name) ?? name);
    const [to = ""] = node.output;
    if (node.op_type !== "Identity" || outputs.has(to)) return true;
    sources.set(to, node.input[0] ?? "");
    return false;
  });
}

function joinBiases(graph: OnnxGraph): void {
  const constants = constantsOf(graph);
  const producers = producersOf(graph);
  const joined = new Set<OnnxNode>();
  for (const add of graph.node.filter(({ op_type }) => op_type === "Add")) {
    const [source = "", biasName = ""] = add.input;
    const conv = producers.get(source);
    const bias = constants.get(biasName);
    const isBias = bias !== undefined && bias.dims.length === 4 &&
      [0, 2, 3].every((axis) => Number(bias.dims[axis]) === 1);
    const isAlone = conv?.input.length === 2 && readersOf(graph, source).length === 1;
    if (!/^Conv(Transpose)?$/.test(conv?.op_type ?? "") || !isBias || !isAlone) continue;
    const name = `${biasName}/channels`;
    graph.initializer.push({ ...bias, name, dims: [bias.dims[1] ?? 0] });
    conv.input.push(name);
    conv.output = add.output;
    joined.add(add);
  }
  graph.node = graph.node.filter((node) => !joined.has(node));
}

function joinShares(graph: OnnxGraph): void {
  const producers = producersOf(graph);
  const replaced = new Map<OnnxNode, OnnxNode[]>();
  for (const add of graph.node.filter(({ op_type }) => op_type === "Add")) {
    const [whole = "", product = ""] = add.input;
    const mul = producers.get(product);
    const share = mul?.input.find((name) => name !== whole) ?? "";
    const isShare = mul?.op_type === "Mul" && mul.input.includes(whole) &&
      readersOf(graph, product).length === 1 && producers.get(share)?.op_type === "HardSigmoid";
    if (!isShare) continue;
    const [name = ""] = add.output;
    graph.initializer.push(tensor(`${name}/one`, [], new Float32Array([1])));
    replaced.set(mul, []);
    replaced.set(add, [
      operation("Add", [share, `${name}/one`], `${name}/factor`),
      operation("Mul", [whole, `${name}/factor`], name),
    ]);
  }
  graph.node = graph.node.flatMap((node) => replaced.get(node) ?? [node]);
}

function joinGelus(graph: OnnxGraph): void {
  const producers = producersOf(graph);
  const scalars = readScalarConstants(graph);
  const replaced = new Map<OnnxNode, OnnxNode[]>();
  /** The node behind, if there is only one and it is of that type; with its constant, if it has to have one. */
  const next = (node: OnnxNode | undefined, type: string, constant?: number) => {
    const [reader, ...others] = readersOf(graph, node?.output[0] ?? "");
    const isRight = reader?.op_type === type && others.length === 0 &&
      (constant === undefined || hasConstant(reader, constant));
    return isRight ? reader : undefined;
  };
  const hasConstant = ({ input }: OnnxNode, value: number) =>
    input.some((name) => Math.abs((scalars.get(name) ?? NaN) - value) < CLOSE);
  for (const erf of graph.node.filter(({ op_type }) => op_type === "Erf")) {
    const division = producers.get(erf.input[0] ?? "");
    const [value = ""] = division?.input ?? [];
    const shifted = next(erf, "Add", 1);
    const product = next(shifted, "Mul");
    const half = next(product, "Mul", 0.5);
    const isGelu = division?.op_type === "Div" && hasConstant(division, Math.SQRT2) &&
      next(division, "Erf") === erf && product?.input.includes(value);
    if (!isGelu || !shifted || !product || !half) continue;
    for (const node of [division, erf, shifted, product]) replaced.set(node, []);
    const gelu = operation("Gelu", [value], half.output[0] ?? "");
    replaced.set(half, [{ ...gelu, domain: RUNTIME_OPERATORS }]);
  }
  graph.node = graph.node.flatMap((node) => replaced.get(node) ?? [node]);
}
