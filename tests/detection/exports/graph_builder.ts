/** Builds small networks with random weights, operation by operation. @module */

import { operation, tensor } from "../../../lib/onnx/onnx_nodes.ts";
import {
  type OnnxAttribute,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "../../../lib/onnx/onnx_schema.ts";
import { createRandom } from "../../streaming/mutate_frame.ts";

/** Channels of every layer. */
export const CHANNELS = 4;

/** `TensorProto.DataType` of outputs. */
export const TYPES = { float32: 1, int64: 7 } as const;

/** A length, or the name of one that is open. */
export type Side = number | string;

/** Describes a value whose lengths may be open. */
export function openValue(name: string, elem_type: number, shape: readonly Side[]): OnnxValueInfo {
  const dim = shape.map((side) =>
    typeof side === "number" ? { dim_value: side } : { dim_param: side }
  );
  return { name, type: { tensor_type: { elem_type, shape: { dim } } } };
}

/** What convolutions compute with: floats, or 8 bits in one of the three ways in which onnxruntime quantizes. */
export type Convolutions = "float" | "dynamic" | "pairs" | "operators";

/** Scale of values in 8 bits, which go from -128 to 127 times this. */
const SCALE = 1 / 16;

/** A network under construction; every method adds an operation, and gives the name of its outcome. */
export class GraphBuilder {
  readonly nodes: OnnxNode[] = [];
  readonly initializers: OnnxTensor[] = [];
  readonly #random: () => number;
  readonly #convolutions: Convolutions;
  #count = 0;

  constructor(seed = 1, convolutions: Convolutions = "float") {
    this.#random = createRandom(seed);
    this.#convolutions = convolutions;
  }

  add(op_type: string, input: string[], attribute: Record<string, number | number[]> = {}): string {
    return this.addAs(this.#name(op_type), op_type, input, attribute);
  }

  addAs(
    output: string,
    op_type: string,
    input: string[],
    attribute: Record<string, number | number[]> = {},
  ): string {
    const attributes = Object.entries(attribute).map(([name, value]): OnnxAttribute =>
      Array.isArray(value) ? { name, type: 7, ints: value } : { name, type: 2, i: value }
    );
    this.nodes.push(operation(op_type, input, output, attributes));
    return output;
  }

  /** An operation of two outputs. */
  addPair(
    op_type: string,
    input: string[],
    attribute: Record<string, number | number[]>,
  ): readonly [string, string] {
    const first = this.add(op_type, input, attribute);
    const second = `${first}/second`;
    this.nodes.at(-1)?.output.push(second);
    return [first, second] as const;
  }

  integers(...values: number[]): string {
    return this.#constant(tensor(this.#name("integers"), [values.length], values));
  }

  scalar(value: number): string {
    return this.#constant(tensor(this.#name("scalar"), [], Float32Array.of(value)));
  }

  floats(dims: number[], values: readonly number[]): string {
    return this.#constant(tensor(this.#name("floats"), dims, Float32Array.from(values)));
  }

  /** Numbers between `-spread` and `spread` around `middle`. */
  noise(dims: number[], spread: number, middle = 0): string {
    const length = dims.reduce((product, side) => product * side, 1);
    const values = Array.from({ length }, () => middle + (this.#random() * 2 - 1) * spread);
    return this.floats(dims, values);
  }

  conv(
    input: string,
    from: number,
    to: number,
    { kernel = 1, stride = 1, bias = 0, gain = 1.6 } = {},
  ): string {
    const spread = gain * Math.sqrt(3 / (from * kernel * kernel));
    const pad = kernel >> 1;
    const shape = {
      kernel_shape: [kernel, kernel],
      strides: [stride, stride],
      pads: [pad, pad, pad, pad],
    };
    const dims = [to, from, kernel, kernel];
    const biases = this.noise([to], 0.5, bias);
    if (this.#convolutions === "float") {
      return this.add("Conv", [input, this.noise(dims, spread), biases], shape);
    }
    const weights = this.#bytes(dims);
    const [scale, none] = [this.scalar(spread / 127), this.#bytes([], 0)];
    if (this.#convolutions === "dynamic") {
      const [integers, range] = this.addPair("DynamicQuantizeLinear", [input], {});
      this.nodes.at(-1)?.output.push(`${integers}/third`);
      const sum = this.add("ConvInteger", [integers, weights, `${integers}/third`, none], shape);
      const real = this.add("Cast", [sum], { to: 1 });
      const scaled = this.add("Mul", [real, this.add("Mul", [range, scale])]);
      return this.add("Add", [scaled, this.reshape(biases, 1, to, 1, 1)]);
    }
    const inputScale = [this.scalar(SCALE), none];
    const integers = this.add("QuantizeLinear", [input, ...inputScale]);
    if (this.#convolutions === "pairs") {
      const real = this.add("DequantizeLinear", [integers, ...inputScale]);
      const realWeights = this.add("DequantizeLinear", [weights, scale, none]);
      const sum = this.add("Conv", [real, realWeights, biases], shape);
      return this.#rounded(sum, inputScale);
    }
    const given = [integers, ...inputScale, weights, scale, none, ...inputScale];
    const rounded = this.add("DequantizeLinear", [
      this.add("QLinearConv", given, shape),
      ...inputScale,
    ]);
    return this.add("Add", [rounded, this.reshape(biases, 1, to, 1, 1)]);
  }

  #rounded(value: string, scale: string[]): string {
    const integers = this.add("QuantizeLinear", [value, ...scale]);
    return this.add("DequantizeLinear", [integers, ...scale]);
  }

  /** Signed bytes; random ones where no value is given. */
  #bytes(dims: number[], value?: number): string {
    const length = dims.reduce((product, side) => product * side, 1);
    const values = Int8Array.from(
      { length },
      () => value ?? Math.round((this.#random() * 2 - 1) * 127),
    );
    const name = this.#name("bytes");
    return this.#constant({ name, dims, data_type: 3, raw_data: new Uint8Array(values.buffer) });
  }

  silu(input: string): string {
    return this.add("Mul", [input, this.add("Sigmoid", [input])]);
  }

  slice(input: string, start: number, end: number, axis: number): string {
    const places = [this.integers(start), this.integers(end), this.integers(axis)];
    return this.add("Slice", [input, ...places]);
  }

  reshape(input: string, ...shape: number[]): string {
    return this.add("Reshape", [input, this.integers(...shape)]);
  }

  /** Features of each stride, `[1, CHANNELS, h, w]`, of an image. */
  backbone(image: string, strides: readonly number[], channels = 3): string[] {
    const grids: string[] = [];
    let features = image;
    for (let stride = 2; stride <= (strides.at(-1) ?? 0); stride *= 2) {
      const from = features === image ? channels : CHANNELS;
      features = this.silu(this.conv(features, from, CHANNELS, { kernel: 3, stride: 2, gain: 2 }));
      if (strides.includes(stride)) grids.push(features);
    }
    return grids;
  }

  /** A branch of a head: two convolutions. */
  branch(features: string, to: number, options: { bias?: number; gain?: number } = {}): string {
    const inner = this.silu(this.conv(features, CHANNELS, CHANNELS, { kernel: 3, gain: 2 }));
    return this.conv(inner, CHANNELS, to, options);
  }

  /** Column and row of each cell, `[1, 1, h, w]` each, whatever the size. */
  cells(features: string, offset: number): { x: string; y: string } {
    // Of one image, whatever the batch.
    const first = this.slice(this.slice(features, 0, 1, 1), 0, 1, 0);
    const zeros = this.add("Mul", [first, this.scalar(0)]);
    const ones = this.add("Add", [zeros, this.scalar(1)]);
    const count = (axis: number) => {
      const place = tensor(this.#name("axis"), [], [axis]);
      const counted = this.add("CumSum", [ones, this.#constant(place)]);
      return this.add("Add", [counted, this.scalar(offset - 1)]);
    };
    return { x: count(3), y: count(2) };
  }

  model(
    inputs: OnnxValueInfo[],
    outputs: OnnxValueInfo[],
    metadata: Record<string, string> = {},
    operatorSet = 17,
  ): OnnxModel {
    return {
      ir_version: 8,
      opset_import: [{ domain: "", version: operatorSet }],
      metadata_props: Object.entries(metadata).map(([key, value]) => ({ key, value })),
      graph: {
        node: this.nodes,
        initializer: this.initializers,
        input: inputs,
        output: outputs,
        value_info: [],
      },
    };
  }

  #constant(constant: OnnxTensor): string {
    this.initializers.push(constant);
    return constant.name;
  }

  #name(what: string): string {
    return `${what}_${this.#count++}`;
  }
}
