/**
 * Reads and writes the part of the ONNX format that graph editing needs.
 *
 * Only the fields used here are declared; protobufjs carries every other field through unread, so a
 * model keeps what this module does not know. Field numbers are those of `onnx.proto` (ONNX IR version 8).
 *
 * @module
 */

import protobuf from "protobufjs";

// proto2, as ONNX itself: a zero that was written stays written.
const SCHEMA = `
syntax = "proto2";
message Attribute {
  optional string name = 1; optional int64 i = 3; optional bytes s = 4; optional Tensor t = 5; repeated int64 ints = 8;
  optional int32 type = 20;
}
message Node {
  repeated string input = 1; repeated string output = 2; optional string name = 3;
  optional string op_type = 4; repeated Attribute attribute = 5; optional string domain = 7;
}
message Tensor {
  repeated int64 dims = 1; optional int32 data_type = 2; repeated float float_data = 4 [packed = true];
  repeated int32 int32_data = 5 [packed = true]; repeated int64 int64_data = 7 [packed = true];
  optional string name = 8; optional bytes raw_data = 9; repeated Property external_data = 13;
  optional int32 data_location = 14;
}
message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
message Shape { repeated Dimension dim = 1; }
message TensorType { optional int32 elem_type = 1; optional Shape shape = 2; }
message Type { optional TensorType tensor_type = 1; }
message ValueInfo { optional string name = 1; optional Type type = 2; }
message Graph {
  repeated Node node = 1; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; repeated ValueInfo value_info = 13;
}
message Property { optional string key = 1; optional string value = 2; }
message Function { optional string name = 1; optional string domain = 10; }
message OperatorSet { optional string domain = 1; optional int64 version = 2; }
message Model {
  optional int64 ir_version = 1; optional Graph graph = 7; repeated OperatorSet opset_import = 8;
  repeated Property metadata_props = 14; repeated Function functions = 25;
}
`;

const MODEL = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("Model");

/** `TensorProto.DataType` of the element types used here. */
export const ELEMENT_TYPES = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  float16: 10,
  bfloat16: 16,
} as const;

/** `AttributeProto.AttributeType` of the attributes written here. */
export const ATTRIBUTE_TYPES = { int: 2, ints: 7 } as const;

/** A 64-bit integer as protobufjs reads it, or a number to write. */
export type Integer = number | { toNumber(): number };

/** An attribute of a node; kinds that are not declared travel unread. */
export interface OnnxAttribute {
  /** Name of the attribute, such as `perm`; unique within the node. */
  name: string;
  /** Value of an attribute of the type `INT`. */
  i?: Integer;
  /** Value of an attribute of the type `STRING`, in UTF-8. */
  s?: Uint8Array;
  /** Value of an attribute of the type `TENSOR`; `null` as read where it has none. */
  t?: OnnxTensor | null;
  /** Values of an attribute of the type `INTS`. */
  ints?: Integer[];
  /** `AttributeProto.AttributeType`: which field holds the value. */
  type: number;
}

/** One operation of a graph. */
export interface OnnxNode {
  /** Values that it takes, by name and in the operator's order; empty for one left out. */
  input: string[];
  /** Values that it gives, by name and in the operator's order. */
  output: string[];
  /** Name of the node, for diagnosis only; may be empty. */
  name: string;
  /** Name of the operator, such as `Conv`. */
  op_type: string;
  /** Constants that the operator takes beside its inputs. */
  attribute: OnnxAttribute[];
  /** The set that the operator belongs to; ONNX's own is empty, `ai.onnx`, or not noted. */
  domain?: string;
}

/** A constant tensor of a graph. */
export interface OnnxTensor {
  /** Length of each dimension, the outermost first; empty for a scalar. */
  dims: Integer[];
  /** `TensorProto.DataType` of the elements. */
  data_type: number;
  /** Name of the value, by which nodes take it. */
  name: string;
  /** Elements, row-major and little-endian; empty where `float_data` or an undeclared field holds them. */
  raw_data: Uint8Array;
  /** Elements of the type float32, where they are written as numbers. */
  float_data?: number[];
  /** Elements of small types, where they are written as numbers; a float16 as its bits. */
  int32_data?: number[];
  /** Elements of the type int64, where they are written as numbers. */
  int64_data?: Integer[];
  /** Where the elements lie, if not in the model's file: `location`, `offset` and `length`. */
  external_data?: { key: string; value: string }[];
  /** 1 where the elements lie in a file of their own. */
  data_location?: number;
}

/** The name, element type and shape of a graph's input or output. */
export interface OnnxValueInfo {
  /** Name of the value, by which nodes take or give it. */
  name: string;
  /** Element type, a `TensorProto.DataType`, and shape; a dimension is a length or a name. */
  type: {
    tensor_type: {
      elem_type: number;
      shape?: { dim: { dim_value?: Integer; dim_param?: string }[] } | null;
    };
  };
}

/** The operations and constants of a model. */
export interface OnnxGraph {
  /** The operations, each after those whose values it takes. */
  node: OnnxNode[];
  /** Constants; one that bears the name of an input is that input's default. */
  initializer: OnnxTensor[];
  /** Values that the graph is fed; old exports list their constants here too. */
  input: OnnxValueInfo[];
  /** Values that the graph gives. */
  output: OnnxValueInfo[];
  /** Types and shapes of values between inputs and outputs, as far as the file notes them. */
  value_info: OnnxValueInfo[];
}

/** A model file. */
export interface OnnxModel {
  /** Version of the format itself. */
  ir_version?: Integer;
  /** What running the model computes. */
  graph: OnnxGraph;
  /** Versions of the operators that the nodes are written for; ONNX's own set has an empty domain or none. */
  opset_import: { domain?: string; version?: Integer }[];
  /** Notes by the exporter of the file; each key occurs once. */
  metadata_props: { key: string; value: string }[];
  /** Operators that the model brings along. */
  functions?: { name?: string; domain?: string }[];
}

/**
 * Parses a model file.
 *
 * @throws {TypeError} If `bytes` are not an ONNX model with a graph.
 */
export function parseOnnx(bytes: Uint8Array): OnnxModel {
  let model: OnnxModel;
  try {
    const reader = protobuf.Reader.create(bytes);
    reader.discardUnknown = false;
    model = MODEL.decode(reader) as unknown as OnnxModel;
  } catch (cause) {
    throw new TypeError("Cannot parse the ONNX model: not a valid protobuf message", { cause });
  }
  if (!model.graph || model.graph.node.length === 0) {
    throw new TypeError("Cannot parse the ONNX model: it holds no graph");
  }
  return model;
}

/** Writes a model file. */
export function serializeOnnx(model: OnnxModel): Uint8Array {
  return MODEL.encode(model as unknown as protobuf.Message).finish();
}

/**
 * Reads notes of a model without the rest of it.
 *
 * @param bytes Fields of a model's file, notes among them
 * @throws {Error} If they are no fields of a model
 */
export function parseMetadata(bytes: Uint8Array): OnnxModel["metadata_props"] {
  return (MODEL.decode(bytes) as unknown as OnnxModel).metadata_props;
}

/** Writes a note of a model on its own: appended to a model file, it is part of the model. */
export function serializeMetadata(key: string, value: string): Uint8Array {
  return MODEL.encode({ metadata_props: [{ key, value }] } as unknown as protobuf.Message).finish();
}

/** The sizes of a value's dimensions; -1 for one that is not fixed. */
export function dimensions(value: OnnxValueInfo): number[] {
  const dim = value.type.tensor_type.shape?.dim ?? [];
  return dim.map(({ dim_value, dim_param }) =>
    dim_param || dim_value === undefined ? -1 : Number(dim_value)
  );
}

/** Describes a value of a fixed shape. */
export function valueInfo(name: string, elementType: number, shape?: number[]): OnnxValueInfo {
  const tensorType = { elem_type: elementType };
  return {
    name,
    type: {
      tensor_type: shape
        ? { ...tensorType, shape: { dim: shape.map((size) => ({ dim_value: size })) } }
        : tensorType,
    },
  };
}
