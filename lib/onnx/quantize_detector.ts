/**
 * Makes a detector's network compute with 8-bit integers, by editing its ONNX graph.
 *
 * The graph gets pairs of `QuantizeLinear` and `DequantizeLinear` around its operations, which ONNX Runtime joins into
 * integer operations. Activations are uint8 with one scale a tensor, weights int8 with one scale a channel, as in
 * Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient inference".
 *
 * @module
 */

import type { DetectorLayout } from "./detector_layout.ts";
import { ancestors, constantsOf, operation } from "./onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  serializeOnnx,
} from "./onnx_schema.ts";

/** The values that a tensor takes; 0 lies between them. */
export interface Range {
  /** Smallest value, 0 or below. */
  lowest: number;
  /** Largest value, 0 or above. */
  highest: number;
}

/** How a real number is written as an integer from 0 to 255: `real = scale * (integer - zeroPoint)`. */
interface Quantization {
  scale: number;
  zeroPoint: number;
}

/** Of values between 0 and 1. */
const SHARE: Quantization = { scale: 1 / 256, zeroPoint: 0 };

/** Operations that have a form for integers. */
const INTEGER_OPERATIONS = new Set(
  "Conv Sigmoid Mul Add Concat MaxPool Resize Slice".split(" "),
);

/** Operations whose output holds some of their input's values, so that both are written alike. */
const SELECTIONS = new Set("MaxPool Resize Slice".split(" "));

/** Inputs of these, beyond the first, say where, and are no values. */
const POSITIONED = new Set("Resize Slice".split(" "));

/** Smallest scale of a tensor, for one that is 0 everywhere. */
const SMALLEST_SCALE = 1e-8;

/**
 * The tensors whose ranges {@linkcode quantizeDetector} needs.
 *
 * @throws {TypeError} If the detector's head cannot be parted from its network.
 */
export function quantizedTensors({ graph }: OnnxModel, layout: DetectorLayout): string[] {
  return [...integerNodes(graph, layout)].flatMap((node) => [
    ...valueInputs(node, constantsOf(graph)),
    ...node.output,
  ]).filter((name, index, names) => names.indexOf(name) === index);
}

/**
 * Writes the model with its network in 8-bit integers.
 *
 * The convolutions that give boxes and logits, and what follows them, stay as they are. `model` is changed in place.
 *
 * @param ranges The values of each of {@linkcode quantizedTensors} on images like those to come.
 * @throws {TypeError} If the detector's head cannot be parted from its network, or its weights are not float32.
 * @throws {RangeError} If a range is missing.
 */
export function quantizeDetector(
  model: OnnxModel,
  layout: DetectorLayout,
  ranges: ReadonlyMap<string, Range>,
): Uint8Array {
  const { graph } = model;
  const writer = new IntegerGraph(graph, ranges);
  const chosen = integerNodes(graph, layout);
  for (const node of graph.node) {
    if (chosen.has(node)) writer.addInteger(node);
    else writer.add(node);
  }
  const used = new Set(writer.nodes.flatMap((node) => node.input));
  graph.node = writer.nodes;
  graph.initializer = [...graph.initializer, ...writer.constants]
    .filter(({ name }) => used.has(name));
  return serializeOnnx(model);
}

function integerNodes(graph: OnnxGraph, { kind, outputs }: DetectorLayout): Set<OnnxNode> {
  if (kind !== "dfl") {
    throw new TypeError(`Cannot quantize a detector with a head of the kind "${kind}"`);
  }
  // Rounding the last convolutions costs confidence, and they are cheap.
  const last = new Set(outputs);
  const constants = constantsOf(graph);
  return new Set(
    ancestors(graph, outputs).filter((node) =>
      INTEGER_OPERATIONS.has(node.op_type) && !last.has(node.output[0] ?? "") &&
      valueInputs(node, constants).length > 0 &&
      (node.op_type !== "Conv" || constants.has(node.input[1] ?? ""))
    ),
  );
}

/** The inputs of a node that are computed from the image. */
function valueInputs(
  { op_type, input }: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): string[] {
  const values = POSITIONED.has(op_type) ? input.slice(0, 1) : input;
  return values.filter((name) => name !== "" && !constants.has(name));
}

/** Writes the nodes of a graph anew, one after the other. */
class IntegerGraph {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxTensor[] = [];
  readonly #weights: ReadonlyMap<string, OnnxTensor>;
  readonly #ranges: ReadonlyMap<string, Range>;
  /** Rounded tensors, by the names of those that they are made from. */
  readonly #rounded = new Map<string, string>();
  /** Of tensors for which it does not follow from their range. */
  readonly #quantizations = new Map<string, Quantization>();

  constructor(graph: OnnxGraph, ranges: ReadonlyMap<string, Range>) {
    this.#weights = constantsOf(graph);
    this.#ranges = ranges;
  }

  /** Adds a node that stays as it is; it reads the rounded form of what integers give. */
  add(node: OnnxNode): void {
    node.input = node.input.map((name) => this.#rounded.get(name) ?? name);
    this.nodes.push(node);
  }

  /** Adds a node with everything that it takes and gives rounded. */
  addInteger(node: OnnxNode): void {
    const values = new Set(valueInputs(node, this.#weights));
    const [source = ""] = node.input;
    const taken = this.#quantization(source);
    node.input = node.input.map((name) => values.has(name) ? this.#round(name) : name);
    if (node.op_type === "Conv") this.#roundWeights(node, taken.scale);
    this.nodes.push(node);
    for (const name of node.output) {
      if (SELECTIONS.has(node.op_type)) this.#quantizations.set(name, taken);
      if (node.op_type === "Sigmoid") this.#quantizations.set(name, SHARE);
      this.#round(name);
    }
  }

  #quantization(name: string): Quantization {
    const known = this.#quantizations.get(name);
    if (known !== undefined) return known;
    const range = this.#ranges.get(name);
    if (range === undefined) throw new RangeError(`Cannot quantize ${name}: its range is missing`);
    const { lowest, highest } = range;
    const scale = Math.max((highest - lowest) / 255, SMALLEST_SCALE);
    return { scale, zeroPoint: Math.min(255, Math.max(0, Math.round(-lowest / scale))) };
  }

  /** Adds what rounds a tensor, once, and returns the rounded one's name. */
  #round(name: string): string {
    const known = this.#rounded.get(name);
    if (known !== undefined) return known;
    const rounded = `${name}/rounded`;
    this.#rounded.set(name, rounded);
    const { scale, zeroPoint } = this.#quantization(name);
    const parameters = [`${name}/scale`, `${name}/zero_point`];
    this.#addConstant(`${name}/scale`, "float32", [], new Float32Array([scale]));
    this.#addConstant(`${name}/zero_point`, "uint8", [], new Uint8Array([zeroPoint]));
    this.#addOperation("QuantizeLinear", [name, ...parameters], `${name}/integer`);
    this.#addOperation("DequantizeLinear", [`${name}/integer`, ...parameters], rounded);
    return rounded;
  }

  #roundWeights(node: OnnxNode, inputScale: number): void {
    const [input = "", weightName = "", biasName] = node.input;
    const weight = this.#weights.get(weightName);
    const values = floatsOf(weight);
    const dims = weight?.dims ?? [];
    const { scales, integers } = quantizeChannels(values, Number(dims[0]));
    const prefix = node.output[0] ?? "";
    node.input = [
      input,
      this.#addChannels(`${prefix}/weight`, "int8", dims, integers, scales),
    ];
    const bias = biasName === undefined ? undefined : this.#weights.get(biasName);
    if (bias === undefined) return;
    const biasScales = scales.map((scale) => scale * inputScale);
    const biases = Int32Array.from(
      floatsOf(bias),
      (value, index) => Math.round(value / (biasScales[index] ?? 1)),
    );
    node.input.push(this.#addChannels(`${prefix}/bias`, "int32", bias.dims, biases, biasScales));
  }

  /** Adds a constant in integers with one scale a channel, and returns the name of its real form. */
  #addChannels(
    name: string,
    type: "int8" | "int32",
    dims: OnnxTensor["dims"],
    integers: Int8Array | Int32Array,
    scales: Float32Array,
  ): string {
    const zeroPoints = type === "int8"
      ? new Int8Array(scales.length)
      : new Int32Array(scales.length);
    this.#addConstant(`${name}/integer`, type, dims, integers);
    this.#addConstant(`${name}/scale`, "float32", [scales.length], scales);
    this.#addConstant(`${name}/zero_point`, type, [scales.length], zeroPoints);
    const input = [`${name}/integer`, `${name}/scale`, `${name}/zero_point`];
    this.#addOperation("DequantizeLinear", input, name, [
      { name: "axis", type: ATTRIBUTE_TYPES.int, i: 0 },
    ]);
    return name;
  }

  #addConstant(
    name: string,
    type: keyof typeof ELEMENT_TYPES,
    dims: OnnxTensor["dims"],
    { buffer }: ArrayBufferView,
  ): void {
    const raw_data = new Uint8Array(buffer);
    this.constants.push({ name, data_type: ELEMENT_TYPES[type], dims, raw_data });
  }

  #addOperation(
    op_type: string,
    input: string[],
    output: string,
    attribute: OnnxNode["attribute"] = [],
  ): void {
    this.nodes.push(operation(op_type, input, output, attribute));
  }
}

/** Rounds each channel to -127 … 127, so that 0 stays 0. */
function quantizeChannels(
  values: Float32Array,
  channels: number,
): { scales: Float32Array; integers: Int8Array } {
  const length = values.length / channels;
  const scales = new Float32Array(channels);
  const integers = new Int8Array(values.length);
  for (let channel = 0; channel < channels; channel++) {
    const part = values.subarray(channel * length, (channel + 1) * length);
    const largest = part.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const scale = Math.max(largest / 127, SMALLEST_SCALE);
    scales[channel] = scale;
    integers.set(part.map((value) => Math.round(value / scale)), channel * length);
  }
  return { scales, integers };
}

function floatsOf(tensor: OnnxTensor | undefined): Float32Array {
  const isFloat = tensor?.data_type === ELEMENT_TYPES.float32 && tensor.raw_data.length > 0;
  if (!isFloat) throw new TypeError("Cannot quantize the model: its weights are not raw float32");
  // A copy, since the file's bytes are not aligned.
  return new Float32Array(new Uint8Array(tensor.raw_data).buffer);
}
