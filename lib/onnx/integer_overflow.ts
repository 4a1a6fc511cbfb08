/**
 * Finds out whether this processor computes with 8-bit integers as it should.
 *
 * @module
 */

import { operation } from "./onnx_nodes.ts";
import { ELEMENT_TYPES, serializeOnnx, valueInfo } from "./onnx_schema.ts";
import { InferenceSession, Tensor } from "./onnxruntime.ts";

/** Enough products for every way in which processors sum them up. */
const LENGTH = 256;
/** Enough columns for the widest registers. */
const COLUMNS = 64;
const LARGEST_UINT8 = 255;
const LARGEST_INT8 = 127;

/**
 * Whether sums of products of 8 bits overflow.
 *
 * On x64 processors without instructions for neural networks (VNNI), onnxruntime sums two products in 16 bits, where the largest
 * ones do not fit and are cut off: quantized networks would find too little, and nobody would be told.
 */
export async function integersOverflow(): Promise<boolean> {
  const session = await InferenceSession.create(productModel(), { logSeverityLevel: 4 });
  const largest = new Uint8Array(LENGTH).fill(LARGEST_UINT8);
  const { sums } = await session.run({ values: new Tensor("uint8", largest, [1, LENGTH]) });
  await session.release();
  const expected = LENGTH * LARGEST_UINT8 * LARGEST_INT8;
  return (sums?.data as Int32Array).some((sum) => sum !== expected);
}

/** A model that multiplies a row of values by a constant matrix. */
function productModel(): Uint8Array {
  const weights = new Int8Array(LENGTH * COLUMNS).fill(LARGEST_INT8);
  return serializeOnnx({
    ir_version: 8,
    opset_import: [{ domain: "", version: 13 }],
    metadata_props: [],
    graph: {
      node: [operation("MatMulInteger", ["values", "weights"], "sums")],
      initializer: [{
        name: "weights",
        dims: [LENGTH, COLUMNS],
        data_type: ELEMENT_TYPES.int8,
        raw_data: new Uint8Array(weights.buffer),
      }],
      input: [valueInfo("values", ELEMENT_TYPES.uint8, [1, LENGTH])],
      output: [valueInfo("sums", ELEMENT_TYPES.int32, [1, COLUMNS])],
      value_info: [],
    },
  });
}
