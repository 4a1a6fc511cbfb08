/** Makes exports compute with 16-bit floats. @module */

import { operation } from "../../../lib/onnx/onnx_nodes.ts";
import type { OnnxModel } from "../../../lib/onnx/onnx_schema.ts";

const FLOAT32 = 1;
const FLOAT16 = 10;

/**
 * Has a network compute with 16-bit floats; changes it in place, and returns it.
 *
 * @param where Whether its image and its outputs are such floats, too
 */
export function toFloat16(model: OnnxModel, where: "throughout" | "inside"): OnnxModel {
  const { graph } = model;
  for (const tensor of graph.initializer) {
    if (tensor.data_type !== FLOAT32) continue;
    const values = new Float32Array(new Uint8Array(tensor.raw_data).buffer);
    tensor.data_type = FLOAT16;
    tensor.raw_data = new Uint8Array(Float16Array.from(values).buffer);
  }
  for (const { attribute } of graph.node) {
    for (const each of attribute) if (each.name === "to" && each.i === FLOAT32) each.i = FLOAT16;
  }
  if (where === "throughout") {
    for (const { type } of [...graph.input, ...graph.output]) type.tensor_type.elem_type = FLOAT16;
    return model;
  }
  const rename = (name: string, to: string) => {
    for (const node of graph.node) {
      node.input = node.input.map((each) => each === name ? to : each);
      node.output = node.output.map((each) => each === name ? to : each);
    }
  };
  const cast = (from: string, to: string, type: number) => ({
    ...operation("Cast", [from], to, [{ name: "to", type: 2, i: type }]),
    name: `${to}/cast`,
  });
  for (const { name } of graph.input) {
    rename(name, `${name}/half`);
    graph.node.unshift(cast(name, `${name}/half`, FLOAT16));
  }
  for (const { name } of graph.output) {
    rename(name, `${name}/half`);
    graph.node.push(cast(`${name}/half`, name, FLOAT32));
  }
  return model;
}
