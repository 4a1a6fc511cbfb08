/** Lets the networks for text take the bytes of an image. @module */

import { constantsOf, floatsOf, operation, readersOf, tensor } from "../../onnx/onnx_nodes.ts";
import type { Quantization } from "../../onnx/choose_range.ts";
import { UnfitForQuantizingError } from "../../onnx/errors.ts";
import {
  ATTRIBUTE_TYPES,
  ELEMENT_TYPES,
  type OnnxGraph,
  type OnnxNode,
  type OnnxTensor,
} from "../../onnx/onnx_schema.ts";

/** What a network takes for a pixel: per channel, in the order blue, green, red, `value / 255` less the mean, over the deviation. */
export interface PixelRange {
  /** Between 0 and 1. */
  mean: readonly number[];
  /** Between 0 and 1. */
  deviation: readonly number[];
}

/** Of uint8 pixels, RGB, `[n, height, width, 3]`. */
const PIXELS = "pixels";

/** What the pixels become, `[n, 3, height, width]`. */
const PLANES = "pixels/planes";

/**
 * Puts conversion and normalization in front of a network, in place.
 *
 * @throws {TypeError} If it does not take one float32 image.
 */
export function feedPixels(graph: OnnxGraph, { mean, deviation }: PixelRange): void {
  const image = takeInput(graph);
  const scale = deviation.map((each) => 1 / (255 * each));
  const shift = mean.map((each, channel) => -each / (deviation[channel] ?? 1));
  graph.node.unshift(
    toPlanes(),
    // The networks were trained on images as OpenCV loads them: blue, green, red.
    operation("Gather", [PLANES, "pixels/order"], "pixels/bgr", [
      { name: "axis", type: ATTRIBUTE_TYPES.int, i: 1 },
    ]),
    operation("Cast", ["pixels/bgr"], "pixels/values", [
      { name: "to", type: ATTRIBUTE_TYPES.int, i: ELEMENT_TYPES.float32 },
    ]),
    operation("Mul", ["pixels/values", "pixels/scale"], "pixels/scaled"),
    operation("Add", ["pixels/scaled", "pixels/shift"], image),
  );
  graph.initializer.push(
    perChannel("pixels/scale", scale),
    perChannel("pixels/shift", shift),
    tensor("pixels/order", [3], [2, 1, 0]),
  );
}

/**
 * Has the first convolution of a network, which is to be quantized, take the bytes of pixels as its integers, in place.
 *
 * What the network takes for a pixel is a multiple of `value - 127.5`, and integers stand for multiples of `value - 128`; the bias
 * makes up for the difference, and the weights for the order of the channels.
 *
 * @returns The name of the convolution's input, and how its integers are to be read
 * @throws {TypeError} If the network does not take one float32 image
 * @throws {UnfitForQuantizingError} If that does not go into a convolution, or its channels have different ranges
 */
export function feedIntegers(
  graph: OnnxGraph,
  { mean, deviation }: PixelRange,
): { name: string; quantization: Quantization } {
  const name = takeInput(graph);
  const [conv, ...others] = readersOf(graph, name);
  const constants = constantsOf(graph);
  const [weightName = "", biasName = ""] = conv?.input.slice(1) ?? [];
  const [weights, bias] = [weightName, biasName].map((each) => floatsOf(constants.get(each)));
  const isEven = new Set(mean).size === 1 && new Set(deviation).size === 1;
  if (conv?.op_type !== "Conv" || others.length > 0 || !isEven || !weights || !bias) {
    throw new UnfitForQuantizingError(
      "Cannot quantize the text model: it does not begin with a convolution of evenly scaled pixels",
    );
  }
  const [half = 0.5] = mean;
  const scale = 1 / (255 * (deviation[0] ?? 1));
  const zeroPoint = Math.round(255 * half);
  const rest = scale * (zeroPoint - 255 * half);
  const reversed = reverseChannels(weights, constants.get(weightName)?.dims.map(Number) ?? []);
  const length = weights.length / bias.length;
  const shifted = bias.map((value, output) =>
    value + rest * sum(weights.subarray(output * length, (output + 1) * length))
  );
  const named = { ...conv, input: [name, "pixels/weights", "pixels/bias"] };
  graph.node = [
    toPlanes(),
    dequantize(name),
    ...graph.node.map((node) => node === conv ? named : node),
  ];
  const { dims = [] } = constants.get(weightName) ?? {};
  graph.initializer.push(
    tensor("pixels/weights", dims.map(Number), reversed),
    tensor("pixels/bias", [bias.length], shifted),
    tensor("pixels/scale", [], new Float32Array([scale])),
    {
      name: "pixels/zero_point",
      data_type: ELEMENT_TYPES.uint8,
      dims: [],
      raw_data: new Uint8Array([zeroPoint]),
    },
  );
  return { name, quantization: { scale, zeroPoint } };
}

/** Replaces the float32 input by one of pixels, and returns its name. */
function takeInput(graph: OnnxGraph): string {
  const [image] = graph.input;
  if (image === undefined || image.type.tensor_type.elem_type !== ELEMENT_TYPES.float32) {
    throw new TypeError("Cannot read text: the model does not take a float32 image");
  }
  const dim = ["n", "height", "width"].map((dim_param) => ({ dim_param }));
  const shape = { dim: [...dim, { dim_value: 3 }] };
  const type = { tensor_type: { elem_type: ELEMENT_TYPES.uint8, shape } };
  graph.input = [{ name: PIXELS, type }];
  return image.name;
}

function toPlanes(): OnnxNode {
  return operation("Transpose", [PIXELS], PLANES, [
    { name: "perm", type: ATTRIBUTE_TYPES.ints, ints: [0, 3, 1, 2] },
  ]);
}

function dequantize(name: string): OnnxNode {
  return operation("DequantizeLinear", [PLANES, "pixels/scale", "pixels/zero_point"], name);
}

function perChannel(name: string, values: number[]): OnnxTensor {
  return tensor(name, [1, values.length, 1, 1], new Float32Array(values));
}

/** Turns the order of the channels that each output takes; `[outputs, channels, rows, columns]`. */
function reverseChannels(weights: Float32Array, dims: readonly number[]): Float32Array {
  const [, channels = 1, rows = 1, columns = 1] = dims;
  const area = rows * columns;
  return weights.map((_, index) => {
    const channel = Math.floor(index / area) % channels;
    return weights[index + (channels - 1 - 2 * channel) * area] ?? 0;
  });
}

function sum(values: Float32Array): number {
  return values.reduce((total, value) => total + value, 0);
}
