/**
 * Makes the networks for text compute with 8-bit integers.
 *
 * Convolutions become integer ones, with everything between them that only selects or joins values. What is computed on single
 * numbers for each channel stays float32, since it costs nothing, and so do the ends of both networks, except for the product that
 * gives the recognizer's logits.
 *
 * @module
 */

import type { Quantization, Range } from "../../onnx/choose_range.ts";
import { UnfitForQuantizingError } from "../../onnx/errors.ts";
import { IntegerGraph, tensorsToMeasure } from "../../onnx/integer_graph.ts";
import { constantsOf, producersOf, readersOf, tensor } from "../../onnx/onnx_nodes.ts";
import type { OnnxGraph, OnnxModel, OnnxNode } from "../../onnx/onnx_schema.ts";
import { findClassifier, quantizeClassifier } from "./quantize_classifier.ts";

/** The operator sets that only differ from {@linkcode OPERATOR_SET} in where `Squeeze` and `Unsqueeze` have their axes. */
const LEAST_OPERATOR_SET = 11;

/** From here on `DequantizeLinear` takes a scale for each channel. */
const OPERATOR_SET = 13;

/** What gives one number for each channel. */
const POOLS = new Set(["GlobalAveragePool", "ReduceMean"]);

/** What goes on with such numbers. */
const GATES = new Set(["Conv", "Relu", "HardSigmoid"]);

/**
 * The tensors whose ranges {@linkcode quantizeTextNetwork} needs.
 *
 * @param model Its graph is tidy; it is changed in place
 * @param pixels The input of its first convolution, which holds integers already
 * @throws {UnfitForQuantizingError} If the network cannot be quantized
 */
export function textTensors(model: OnnxModel, pixels: string): Set<string> {
  const { graph } = model;
  raiseOperatorSet(model);
  dropRelus(graph);
  const measured = tensorsToMeasure(integerNodes(graph), constantsOf(graph));
  const classifier = findClassifier(graph);
  if (classifier !== undefined) measured.add(classifier.input);
  measured.delete(pixels);
  return measured;
}

/**
 * Quantizes a network in place.
 *
 * @param model Its graph is tidy
 * @param pixels The input of its first convolution, which holds integers already
 * @param ranges Of each of {@linkcode textTensors}
 * @throws {UnfitForQuantizingError} If the network cannot be quantized
 * @throws {RangeError} If a range is missing
 * @throws {TypeError} If weights are not float32
 */
export function quantizeTextNetwork(
  model: OnnxModel,
  pixels: { name: string; quantization: Quantization },
  ranges: ReadonlyMap<string, Range>,
): void {
  const { graph } = model;
  raiseOperatorSet(model);
  dropRelus(graph);
  const chosen = integerNodes(graph);
  const writer = new IntegerGraph(graph, ranges, []);
  writer.takeRounded(pixels.name, pixels.quantization);
  for (const node of graph.node) {
    if (chosen.has(node)) writer.addInteger(node);
    else writer.add(node);
  }
  graph.node = writer.nodes;
  graph.initializer.push(...writer.constants);
  quantizeClassifier(graph, ranges);
}

/** The operations that are computed with integers. */
function integerNodes(graph: OnnxGraph): Set<OnnxNode> {
  const constants = constantsOf(graph);
  const producers = producersOf(graph);
  const isGate = (name: string): boolean => {
    const node = producers.get(name);
    if (node === undefined) return false;
    return POOLS.has(node.op_type) || GATES.has(node.op_type) && isGate(node.input[0] ?? "");
  };
  const chosen = new Set<OnnxNode>();
  for (const node of graph.node) {
    const [input = "", weights = ""] = node.input;
    const isNormalized = readersOf(graph, node.output[0] ?? "")
      .some(({ op_type }) => op_type === "BatchNormalization");
    if (
      node.op_type === "Conv" && constants.has(weights) && !isGate(input) && !isNormalized
    ) chosen.add(node);
  }
  // What selects or joins values for a convolution may as well do it with its integers.
  for (const node of graph.node.toReversed()) {
    const readers = readersOf(graph, node.output[0] ?? "");
    const isForIntegers = readers.length > 0 && readers.every((reader) => chosen.has(reader));
    if (/^(Concat|MaxPool)$/.test(node.op_type) && isForIntegers) chosen.add(node);
  }
  return chosen;
}

/** Removes each `Relu` behind a convolution: integers that begin at 0 stand for nothing below it. */
function dropRelus(graph: OnnxGraph): void {
  const producers = producersOf(graph);
  const chosen = integerNodes(graph);
  const dropped = new Set<OnnxNode>();
  for (const relu of graph.node.filter(({ op_type }) => op_type === "Relu")) {
    const [source = ""] = relu.input;
    const conv = producers.get(source);
    if (conv === undefined || !chosen.has(conv) || readersOf(graph, source).length > 1) continue;
    conv.output = relu.output;
    dropped.add(relu);
  }
  graph.node = graph.node.filter((node) => !dropped.has(node));
}

/** Moves the axes of `Squeeze` and `Unsqueeze` from attributes to inputs, as later operator sets have them. */
function raiseOperatorSet({ graph, opset_import }: OnnxModel): void {
  const own = opset_import.find(({ domain }) => !domain);
  const version = Number(own?.version ?? 0);
  if (own === undefined || version < LEAST_OPERATOR_SET) {
    throw new UnfitForQuantizingError(
      `Cannot quantize the text model: its operator set is ${version}; ${LEAST_OPERATOR_SET} is the least`,
    );
  }
  if (version >= OPERATOR_SET) return;
  own.version = OPERATOR_SET;
  for (const node of graph.node) {
    if (!/^(Uns|S)queeze$/.test(node.op_type)) continue;
    const axes = node.attribute.find(({ name }) => name === "axes")?.ints?.map(Number) ?? [];
    const constant = tensor(`${node.output[0]}/axes`, [axes.length], axes);
    graph.initializer.push(constant);
    node.input.push(constant.name);
    node.attribute = node.attribute.filter(({ name }) => name !== "axes");
  }
}
