/** Small helpers for those who edit ONNX graphs. @module */

import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxAttribute,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
  type OnnxValueInfo,
} from "./onnx_schema.ts";

/** Describes an operation with one output, which it is named after. */
export function operation(
  op_type: string,
  input: string[],
  output: string,
  attribute: OnnxNode["attribute"] = [],
): OnnxNode {
  return { op_type, name: output, input, output: [output], attribute };
}

/** Describes an attribute that is a whole number, such as `axis`. */
export function integer(name: string, i: number): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPES.int, i };
}

/** Describes an attribute that is a list of whole numbers, such as `perm`. */
export function integers(name: string, ints: number[]): OnnxAttribute {
  return { name, type: ATTRIBUTE_TYPES.ints, ints };
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

/** The inputs that are fed each time; old exports list their constants as inputs too. */
export function fedInputs(graph: OnnxGraph): OnnxValueInfo[] {
  const constants = constantsOf(graph);
  return graph.input.filter(({ name }) => !constants.has(name));
}

/** The values of a constant of float32; `undefined` where it is no such, or not written as raw bytes. */
export function floatsOf(constant: OnnxTensor | undefined): Float32Array | undefined {
  const isFloat = constant?.data_type === ELEMENT_TYPES.float32 && constant.raw_data.length > 0;
  // A copy, since the file's bytes are not aligned.
  return isFloat ? new Float32Array(new Uint8Array(constant.raw_data).buffer) : undefined;
}

/** The nodes that take a value. */
export function readersOf(graph: OnnxGraph, name: string): OnnxNode[] {
  return graph.node.filter(({ input }) => input.includes(name));
}

/** The node that makes each value, by the value's name. */
export function producersOf(graph: OnnxGraph): Map<string, OnnxNode> {
  return new Map(graph.node.flatMap((node) => node.output.map((name) => [name, node])));
}

/** The nodes that some of `outputs` depend on, in the order of the graph. */
export function ancestors(graph: OnnxGraph, outputs: readonly string[]): OnnxNode[] {
  const producers = producersOf(graph);
  const kept = new Set<OnnxNode>();
  const pending = [...outputs];
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    const node = producers.get(name);
    if (node === undefined || kept.has(node)) continue;
    kept.add(node);
    pending.push(...node.input);
  }
  // The file's order is a topological one, and has to stay so.
  return graph.node.filter((node) => kept.has(node));
}
