/** Has a quantized network double the size of its grids by copying. @module */

import {
  constantsOf,
  integer,
  integers,
  operation,
  producersOf,
  readersOf,
  tensor,
} from "./onnx_nodes.ts";
import {
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
} from "./onnx_schema.ts";

/** Operations behind a convolution that leave its size and channels as they are. */
const SAME_SHAPE = new Set("QuantizeLinear DequantizeLinear Sigmoid Mul".split(" "));

/** Permutations from channels first to channels last, and back. */
const CHANNELS_LAST = [0, 2, 3, 1];
const CHANNELS_FIRST = [0, 3, 1, 2];

/**
 * Replaces each `Resize` that doubles integers by copies of whole columns and rows; edits the model in place.
 *
 * Integers lie in memory with the channels of a pixel side by side, as the convolutions take them. Joined with themselves along
 * the channels they are the columns twice, and joined along a row, the rows twice; nothing else has to be moved.
 *
 * @param inputWidth Of the image that the network takes, in pixels
 */
export function copyResizes({ graph }: OnnxModel, inputWidth: number): void {
  const producers = producersOf(graph);
  const constants = constantsOf(graph);
  for (const resize of graph.node.filter((node) => isDoubling(node, constants))) {
    const [from = ""] = resize.input;
    const [quantize, ...others] = readersOf(graph, resize.output[0] ?? "");
    const dequantize = producers.get(from);
    const size = sizeOf(from, producers, constants, inputWidth);
    const isInteger = dequantize?.op_type === "DequantizeLinear" &&
      quantize?.op_type === "QuantizeLinear" && others.length === 0;
    if (!isInteger || size === undefined) continue;
    const nodes = copyTwice(graph, dequantize.input[0] ?? "", quantize.output[0] ?? "", size);
    graph.node = graph.node.flatMap((node) =>
      node === resize ? nodes : node === quantize ? [] : [node]
    );
  }
}

function copyTwice(
  graph: OnnxGraph,
  from: string,
  to: string,
  { width, channels }: { width: number; channels: number },
): OnnxNode[] {
  // 0 keeps a size, and -1 stands for what is left.
  const rows = tensor(`${to}/rows_shape`, [4], [0, 0, 1, 2 * width * channels]);
  const whole = tensor(`${to}/whole_shape`, [4], [0, -1, 2 * width, channels]);
  graph.initializer.push(rows, whole);
  const [last, wide, row, high, joined] = ["last", "wide", "row", "high", "joined"]
    .map((name) => `${to}/${name}`) as [string, string, string, string, string];
  return [
    operation("Transpose", [from], last, [integers("perm", CHANNELS_LAST)]),
    operation("Concat", [last, last], wide, [integer("axis", 3)]),
    operation("Reshape", [wide, rows.name], row),
    operation("Concat", [row, row], high, [integer("axis", 2)]),
    operation("Reshape", [high, whole.name], joined),
    operation("Transpose", [joined], to, [integers("perm", CHANNELS_FIRST)]),
  ];
}

/** Whether a node repeats each value two times in both directions. */
function isDoubling(
  { op_type, input, attribute }: OnnxNode,
  constants: ReadonlyMap<string, OnnxTensor>,
): boolean {
  const scales = constants.get(input[2] ?? "");
  if (op_type !== "Resize" || scales?.data_type !== ELEMENT_TYPES.float32) return false;
  // A copy, since the file's bytes are not aligned.
  const factors = new Float32Array(new Uint8Array(scales.raw_data).buffer);
  const text = (key: string) =>
    new TextDecoder().decode(attribute.find(({ name }) => name === key)?.s);
  return String(factors) === "1,1,2,2" && text("mode") === "nearest" &&
    text("coordinate_transformation_mode") === "asymmetric" && text("nearest_mode") === "floor";
}

/** Width and channels of a tensor, found by the convolutions between the image and it; `undefined` where that is not plain. */
function sizeOf(
  name: string,
  producers: ReadonlyMap<string, OnnxNode>,
  constants: ReadonlyMap<string, OnnxTensor>,
  inputWidth: number,
): { width: number; channels: number } | undefined {
  let channels: number | undefined;
  let stride = 1;
  for (let node = producers.get(name); node !== undefined;) {
    const { op_type, input } = node;
    if (op_type === "Conv") {
      const weight = constants.get(producers.get(input[1] ?? "")?.input[0] ?? "");
      channels ??= Number(weight?.dims[0] ?? 0);
      stride *= strideOf(node);
    } else if (op_type === "MaxPool") {
      stride *= strideOf(node);
    } else if (op_type === "Resize") {
      stride /= 2;
    } else if (channels === undefined && !SAME_SHAPE.has(op_type)) {
      return undefined;
    }
    node = producers.get(input[0] ?? "");
  }
  const width = inputWidth / stride;
  return channels && Number.isInteger(width) ? { width, channels } : undefined;
}

/** The step from row to row; from column to column it is another where pixels are grouped. */
function strideOf({ attribute }: OnnxNode): number {
  return Number(attribute.find(({ name }) => name === "strides")?.ints?.[0] ?? 1);
}
