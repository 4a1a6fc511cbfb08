/** Has the first convolution of a quantized network take the bytes of the image, four pixels at a time. @module */

import { constantsOf, integers, operation, producersOf, readersOf, tensor } from "./onnx_nodes.ts";
import {
  dimensions,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxModel,
  type OnnxNode,
} from "./onnx_schema.ts";
import { readScalarConstants } from "./scalar_constants.ts";

/** Pixels that stand side by side and are taken as one with as many channels as all of them. */
const GROUP = 4;
/** Step of the first convolution, so that each group gives two columns. */
const STRIDE = 2;
const COLUMNS = GROUP / STRIDE;

/** From the image's bytes to the output of the first convolution, each the only one to read the one before. */
interface PixelChain {
  /** Of `[1, height, width, channels]` bytes into planes. */
  transpose: OnnxNode;
  /** What makes numbers of bytes and rounds them to bytes again. */
  detour: OnnxNode[];
  dequantize: OnnxNode;
  conv: OnnxNode;
  quantize: OnnxNode;
}

/**
 * Edits a specialized and quantized detector in place, where it begins as expected.
 *
 * Convolutions of integers work through the channels of a pixel at a time, and three are too few for the registers of a
 * processor. Four pixels side by side lie in memory like one pixel of twelve channels, and two columns of the output like one of
 * twice the channels, so neither has to be moved. The results are the same.
 */
export function groupPixels({ graph }: OnnxModel): void {
  const chain = findChain(graph);
  if (chain === undefined) return;
  const { transpose, detour, dequantize, conv, quantize } = chain;
  const [image] = graph.input;
  const [, height = 0, width = 0, channels = 0] = image === undefined ? [] : dimensions(image);
  if (image === undefined || width % GROUP !== 0) return;
  const outputs = groupKernel(graph, conv, channels);
  if (outputs === undefined) return;
  dequantize.input[0] = transpose.output[0] ?? "";
  const groups = tensor(`${image.name}/groups_shape`, [4], [
    ...[1, height, width / GROUP, GROUP * channels],
  ]);
  const [rounded = ""] = quantize.output;
  const columns = tensor(`${rounded}/columns_shape`, [4], [
    ...[1, height / STRIDE, width / STRIDE, outputs],
  ]);
  const grouped = `${rounded}/grouped`;
  Object.assign(quantize, { name: grouped, output: [grouped] });
  const before = operation("Reshape", [image.name, groups.name], groups.name.replace("_shape", ""));
  transpose.input = before.output;
  const after = [
    operation("Transpose", [grouped], `${grouped}/last`, [integers("perm", [0, 2, 3, 1])]),
    operation("Reshape", [`${grouped}/last`, columns.name], `${grouped}/parted`),
    operation("Transpose", [`${grouped}/parted`], rounded, [integers("perm", [0, 3, 1, 2])]),
  ];
  graph.initializer.push(groups, columns);
  graph.node = graph.node.filter((node) => !detour.includes(node)).flatMap((node) =>
    node === transpose ? [before, node] : node === quantize ? [node, ...after] : [node]
  );
}

function findChain(graph: OnnxGraph): PixelChain | undefined {
  const chain: OnnxNode[] = [];
  let name = graph.input[0]?.name ?? "";
  const types = "Transpose Cast Mul QuantizeLinear DequantizeLinear Conv QuantizeLinear".split(" ");
  for (const type of types) {
    const readers = readersOf(graph, name);
    const [node] = readers;
    if (node?.op_type !== type || readers.length !== 1) return undefined;
    chain.push(node);
    name = node.output[0] ?? "";
  }
  const [transpose, cast, mul, round, dequantize, conv, quantize] = chain as [
    ...[OnnxNode, OnnxNode, OnnxNode, OnnxNode, OnnxNode, OnnxNode, OnnxNode],
  ];
  const constants = constantsOf(graph);
  const scalars = readScalarConstants(graph);
  const factor = scalars.get(mul.input[1] ?? "");
  const scale = scalars.get(round.input[1] ?? "");
  const zeroPoint = constants.get(round.input[2] ?? "");
  const isBack = factor !== undefined && scale !== undefined &&
    Math.abs(scale / factor - 1) < 1e-3 &&
    zeroPoint?.data_type === ELEMENT_TYPES.uint8 && zeroPoint.raw_data[0] === 0;
  const isPlain = conv.attribute.every(({ name, ints, i }) =>
    name !== "auto_pad" && (name !== "group" || Number(i) === 1) &&
    (name !== "dilations" || (ints ?? []).every((each) => Number(each) === 1)) &&
    (name !== "strides" || (ints ?? []).every((each) => Number(each) === STRIDE))
  );
  return isBack && isPlain && attributeOf(conv, "strides")?.ints !== undefined
    ? { transpose, detour: [cast, mul, round], dequantize, conv, quantize }
    : undefined;
}

/**
 * Writes the weights of a convolution for groups of pixels.
 *
 * @returns How many channels its output has had; `undefined` where nothing was changed
 */
function groupKernel(
  graph: OnnxGraph,
  conv: OnnxNode,
  channels: number,
): number | undefined {
  const producers = producersOf(graph);
  const constants = constantsOf(graph);
  const [weight, bias] = conv.input.slice(1).map((name) => {
    const dequantize = producers.get(name);
    return dequantize?.op_type === "DequantizeLinear"
      ? dequantize.input.map((each) => constants.get(each))
      : [];
  });
  const [outputs = 0, inputs = 0, rows = 0, columns = 0] = weight?.[0]?.dims.map(Number) ?? [];
  const pads = attributeOf(conv, "pads");
  const [top = 0, left = 0, bottom = 0, right = 0] = (pads?.ints ?? []).map(Number);
  const isHalf = left + right === columns - STRIDE || left + right === columns - 1;
  const parts = [weight ?? [], bias ?? []].flat();
  const [kernel, ...ofChannels] = parts.filter((each) => each !== undefined);
  if (
    parts.length !== 6 || ofChannels.length !== 5 || inputs !== channels ||
    kernel?.data_type !== ELEMENT_TYPES.int8 || pads === undefined || !isHalf
  ) return undefined;
  // Other quantizers may give all channels the same scale.
  const isEach = kernel.raw_data.length === outputs * inputs * rows * columns &&
    ofChannels.every(({ dims, raw_data }) =>
      dims.length === 1 && Number(dims[0]) === outputs && raw_data.length > 0
    );
  if (!isEach) return undefined;
  const first = Math.floor(-left / GROUP);
  const last = Math.floor((GROUP - STRIDE - left + columns - 1) / GROUP);
  const shape = { outputs, inputs, rows, columns, left, first, last };
  kernel.raw_data = groupWeights(kernel.raw_data, shape);
  kernel.dims = [COLUMNS * outputs, GROUP * inputs, rows, last - first + 1];
  for (const each of ofChannels) {
    const { raw_data: bytes } = each;
    each.raw_data = new Uint8Array(COLUMNS * bytes.length);
    for (let column = 0; column < COLUMNS; column++) {
      each.raw_data.set(bytes, column * bytes.length);
    }
    each.dims = [COLUMNS * outputs];
  }
  pads.ints = [top, -first, bottom, last];
  setInts(conv, "strides", [STRIDE, 1]);
  setInts(conv, "kernel_shape", [rows, last - first + 1]);
  return outputs;
}

/** Sizes of a kernel, and the first and last group that one group of its output depends on, as offsets. */
interface KernelShape {
  outputs: number;
  inputs: number;
  rows: number;
  columns: number;
  left: number;
  first: number;
  last: number;
}

/** From `[outputs, inputs, rows, columns]` to `[2 * outputs, 4 * inputs, rows, groups]`; 0 where a column does not reach. */
function groupWeights(weights: Uint8Array, shape: KernelShape): Uint8Array {
  const { outputs, inputs, rows, columns, left, first, last } = shape;
  const groups = last - first + 1;
  const grouped = new Uint8Array(COLUMNS * outputs * GROUP * inputs * rows * groups);
  for (let index = 0; index < weights.length; index++) {
    const column = index % columns;
    const row = Math.floor(index / columns) % rows;
    const input = Math.floor(index / (columns * rows)) % inputs;
    const output = Math.floor(index / (columns * rows * inputs));
    for (let part = 0; part < COLUMNS; part++) {
      const pixel = STRIDE * part - left + column;
      const group = Math.floor(pixel / GROUP);
      const channel = (pixel - group * GROUP) * inputs + input;
      const place = ((part * outputs + output) * GROUP * inputs + channel) * rows + row;
      grouped[place * groups + group - first] = weights[index] as number;
    }
  }
  return grouped;
}

function attributeOf({ attribute }: OnnxNode, name: string) {
  return attribute.find((each) => each.name === name);
}

function setInts(node: OnnxNode, name: string, ints: number[]): void {
  const attribute = attributeOf(node, name);
  if (attribute !== undefined) attribute.ints = ints;
}
