import protobuf from "protobufjs";

// The path to the constants, and nothing beside it; field numbers are those of `onnx.proto`.
const SCHEMA = `
syntax = "proto2";
message Tensor {
  repeated int64 dims = 1; optional int32 data_type = 2; repeated float float_data = 4 [packed = true];
  optional string name = 8; optional bytes raw_data = 9;
}
message Attribute { optional Tensor t = 5; }
message Node { repeated string output = 2; optional string op_type = 4; repeated Attribute attribute = 5; }
message Graph { repeated Node node = 1; repeated Tensor initializer = 5; }
message Model { optional Graph graph = 7; }
`;

const MODEL = protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType("Model");

/** `TensorProto.DataType.FLOAT`. */
const FLOAT = 1;

interface Tensor {
  dims: (number | { toNumber(): number })[];
  data_type: number;
  float_data: number[];
  name: string;
  raw_data: Uint8Array;
}

interface ConstantsModel {
  graph: {
    node: { output: string[]; op_type: string; attribute: { t: Tensor | null }[] }[];
    initializer: Tensor[];
  };
}

/** Reads the constants of an ONNX model that are a single float32, by name. */
export function readScalarConstants(bytes: Uint8Array): Map<string, number> {
  const { graph } = MODEL.decode(bytes) as unknown as ConstantsModel;
  const scalars = new Map<string, number>();
  const add = (name: string, tensor: Tensor) => {
    const size = tensor.dims.reduce<number>((product, dim) => product * Number(dim), 1);
    if (size === 1 && tensor.data_type === FLOAT) scalars.set(name, readFirst(tensor));
  };
  for (const { op_type, output, attribute } of graph.node) {
    const [tensor] = attribute.flatMap(({ t }) => t ?? []);
    if (op_type === "Constant" && tensor !== undefined) add(output[0] ?? "", tensor);
  }
  for (const tensor of graph.initializer) add(tensor.name, tensor);
  return scalars;
}

function readFirst({ float_data, raw_data }: Tensor): number {
  const [value] = float_data;
  if (value !== undefined) return value;
  return new DataView(raw_data.buffer, raw_data.byteOffset).getFloat32(0, true);
}
