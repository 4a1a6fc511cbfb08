import { ELEMENT_TYPES, type OnnxGraph, type OnnxTensor } from "./onnx_schema.ts";

/** Reads the constants of a graph that are a single float32, by name. */
export function readScalarConstants({ node, initializer }: OnnxGraph): Map<string, number> {
  const scalars = new Map<string, number>();
  const add = (name: string, tensor: OnnxTensor) => {
    const size = tensor.dims.reduce<number>((product, dim) => product * Number(dim), 1);
    if (size === 1 && tensor.data_type === ELEMENT_TYPES.float32) {
      scalars.set(name, readFirst(tensor));
    }
  };
  for (const { op_type, output, attribute } of node) {
    const [tensor] = attribute.flatMap(({ t }) => t ?? []);
    if (op_type === "Constant" && tensor !== undefined) add(output[0] ?? "", tensor);
  }
  for (const tensor of initializer) add(tensor.name, tensor);
  return scalars;
}

function readFirst({ float_data = [], raw_data }: OnnxTensor): number {
  const [value] = float_data;
  if (value !== undefined) return value;
  return new DataView(raw_data.buffer, raw_data.byteOffset).getFloat32(0, true);
}
