/**
 * Writes operations of ONNX graphs in 8-bit integers.
 *
 * The graph gets pairs of `QuantizeLinear` and `DequantizeLinear` around its operations, which ONNX Runtime joins into
 * integer operations. Activations are uint8 with one scale a tensor, weights int8 with one scale a channel, as in
 * Krishnamoorthi 2018, "Quantizing deep convolutional networks for efficient inference".
 *
 * @module
 */

import {
  MOST_8_BITS,
  type Quantization,
  quantizationOf,
  type Range,
  SMALLEST_SCALE,
} from "./choose_range.ts";
import { constantsOf, floatsOf, operation } from "./onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx_schema.ts";

/** Of values between 0 and 1, as `Sigmoid` gives them. */
const SHARE: Quantization = { scale: 1 / 256, zeroPoint: 0 };

/** Of pixels that are divided by 255: their bytes themselves. */
export const PIXEL_SHARE: Quantization = { scale: 1 / MOST_8_BITS, zeroPoint: 0 };

/** Largest weight. */
const MOST_INT8 = 127;

/** Operations that have a form for integers. */
const INTEGER_OPERATIONS = new Set(
  "Conv Sigmoid Mul Add Concat MaxPool Resize Slice Split".split(" "),
);

/** Operations whose outputs hold some of their input's values, so that all are written alike. */
const SELECTIONS = new Set("MaxPool Resize Slice Split".split(" "));

/** Inputs of these, beyond the first, say where, and are no values. */
const POSITIONED = new Set("Resize Slice Split".split(" "));

/** Whether a node can be computed with integers: what it takes is computed from the image, weights aside. */
export function hasIntegerForm(
  node: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): boolean {
  return INTEGER_OPERATIONS.has(node.op_type) && valueInputs(node, constants).length > 0 &&
    (node.op_type !== "Conv" || constants.has(node.input[1] ?? ""));
}

/** The inputs of a node that are computed from the image. */
function valueInputs(
  { op_type, input }: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): string[] {
  const values = POSITIONED.has(op_type) ? input.slice(0, 1) : input;
  return values.filter((name) => name !== "" && !constants.has(name));
}

/** The tensors around some nodes for which {@linkcode IntegerGraph} has to be told a range. */
export function tensorsToMeasure(
  nodes: Iterable<OnnxNode>,
  constants: ReadonlyMap<string, OnnxTensor>,
): Set<string> {
  const measured = new Set<string>();
  const given = new Set<string>();
  for (const node of nodes) {
    for (const name of valueInputs(node, constants)) if (!given.has(name)) measured.add(name);
    const follows = SELECTIONS.has(node.op_type) || node.op_type === "Sigmoid";
    for (const name of node.output) (follows ? given : measured).add(name);
  }
  return measured;
}

/** Writes the nodes of a graph anew, one after the other. */
export class IntegerGraph {
  /** The nodes that have been written, in their order. */
  readonly nodes: OnnxNode[] = [];
  /** The constants that they take, beside those of the graph. */
  readonly constants: OnnxTensor[] = [];
  readonly #weights: ReadonlyMap<string, OnnxTensor>;
  readonly #ranges: ReadonlyMap<string, Range>;
  /** Rounded tensors, by the names of those that they are made from. */
  readonly #rounded = new Map<string, string>();
  /** Of tensors for which it does not follow from their range. */
  readonly #quantizations: Map<string, Quantization>;

  /**
   * Begins without nodes.
   *
   * @param ranges The values of each of {@linkcode tensorsToMeasure}, except those in `known`
   * @param known How some tensors are to be written
   */
  constructor(
    graph: OnnxGraph,
    ranges: ReadonlyMap<string, Range>,
    known: Iterable<[string, Quantization]>,
  ) {
    this.#weights = constantsOf(graph);
    this.#ranges = ranges;
    this.#quantizations = new Map(known);
  }

  /** Notes that a tensor is rounded already, so that it is taken as it is. */
  takeRounded(name: string, quantization: Quantization): void {
    this.#rounded.set(name, name);
    this.#quantizations.set(name, quantization);
  }

  /** Adds a node that stays as it is; it reads the rounded form of what integers give. */
  add(node: OnnxNode): void {
    node.input = node.input.map((name) => this.#rounded.get(name) ?? name);
    this.nodes.push(node);
  }

  /**
   * Adds a node with everything that it takes and gives rounded.
   *
   * @throws {RangeError} If a range is missing
   * @throws {TypeError} If its weights are not float32
   */
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
    return quantizationOf(range);
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
    const values = weightsOf(weight);
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
      weightsOf(bias),
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
    const [from, to] = [channel * length, (channel + 1) * length];
    // Plain loops, since there are millions of weights, and they are gone through at each start.
    let largest = 0;
    for (let index = from; index < to; index++) {
      largest = Math.max(largest, Math.abs(values[index] as number));
    }
    const scale = Math.max(largest / MOST_INT8, SMALLEST_SCALE);
    scales[channel] = scale;
    for (let index = from; index < to; index++) {
      integers[index] = Math.round(values[index] as number / scale);
    }
  }
  return { scales, integers };
}

function weightsOf(tensor: OnnxTensor | undefined): Float32Array {
  const weights = floatsOf(tensor);
  if (weights !== undefined) return weights;
  throw new TypeError("Cannot quantize the model: its weights are not raw float32");
}
