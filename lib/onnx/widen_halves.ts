import { ELEMENT_TYPES, type OnnxModel, type OnnxTensor } from "./onnx_schema.ts";

/**
 * Has a network that computes with 16-bit floats compute with 32 bits, in place; others stay as they are.
 *
 * Processors compute with 32 bits, and would convert each value there and back.
 */
export function widenHalves({ graph }: OnnxModel): void {
  const constants = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ t }) => t ?? []));
  for (const tensor of [...graph.initializer, ...constants]) widenTensor(tensor);
  for (const { type } of [...graph.input, ...graph.output, ...graph.value_info]) {
    const tensorType = type?.tensor_type;
    if (isHalf(tensorType?.elem_type)) tensorType.elem_type = ELEMENT_TYPES.float32;
  }
  for (const { attribute } of graph.node) {
    for (const each of attribute) {
      const isType = each.name === "to" || each.name === "dtype";
      if (isType && isHalf(Number(each.i))) each.i = ELEMENT_TYPES.float32;
    }
  }
}

function isHalf(type: number | undefined): boolean {
  return type === ELEMENT_TYPES.float16 || type === ELEMENT_TYPES.bfloat16;
}

function widenTensor(tensor: OnnxTensor): void {
  if (!isHalf(tensor.data_type)) return;
  const { raw_data, int32_data = [] } = tensor;
  const bits = raw_data?.length > 0
    // A copy, since the file's bytes are not aligned.
    ? new Uint16Array(new Uint8Array(raw_data).buffer)
    : Uint16Array.from(int32_data);
  const values = tensor.data_type === ELEMENT_TYPES.float16
    ? Float32Array.from(new Float16Array(bits.buffer))
    // The upper half of a float32.
    : new Float32Array(Uint32Array.from(bits, (value) => value << 16).buffer);
  tensor.raw_data = new Uint8Array(values.buffer);
  tensor.int32_data = [];
  tensor.data_type = ELEMENT_TYPES.float32;
}
