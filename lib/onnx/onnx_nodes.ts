/** Small helpers for those who edit ONNX graphs. @module */

import { ELEMENT_TYPES, type OnnxGraph, type OnnxNode, type OnnxTensor } from "./onnx_schema.ts";

/** Describes an operation with one output, which it is named after. */
export function operation(
  op_type: string,
  input: string[],
  output: string,
  attribute: OnnxNode["attribute"] = [],
): OnnxNode {
  return { op_type, name: output, input, output: [output], attribute };
}

/** Describes a constant: floats stay such, other numbers become 64-bit integers. */
export function tensor(name: string, dims: number[], values: Float32Array | number[]): OnnxTensor {
  const isFloat = values instanceof Float32Array;
  const { buffer } = isFloat ? values : BigInt64Array.from(values, BigInt);
  const data_type = isFloat ? ELEMENT_TYPES.float32 : ELEMENT_TYPES.int64;
  return { name, data_type, dims, raw_data: new Uint8Array(buffer) };
}

/** The constants of a graph by name. */
export function constantsOf(graph: OnnxGraph): Map<string, OnnxTensor> {
  return new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
}

/** The nodes that take a value. */
export function readersOf(graph: OnnxGraph, name: string): OnnxNode[] {
  return graph.node.filter(({ input }) => input.includes(name));
}
