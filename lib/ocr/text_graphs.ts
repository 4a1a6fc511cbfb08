/**
 * Edits the graphs of PP-OCR's models so that raw pixels go in and small results come out.
 *
 * @module
 */

import {
  ATTRIBUTE_TYPES,
  dimensions,
  ELEMENT_TYPES,
  type OnnxModel,
  type OnnxNode,
  type OnnxTensor,
  parseOnnx,
  serializeOnnx,
} from "../onnx/onnx_schema.ts";
import { operation, tensor } from "../onnx/onnx_nodes.ts";
import { dropTinyWeights } from "../onnx/drop_tiny_weights.ts";
import { foldActivations } from "../onnx/fold_activations.ts";
import { readScalarConstants } from "../onnx/scalar_constants.ts";

/** What a network takes for a pixel: per channel, in the order blue, green, red, `value / 255` less the mean, over the deviation. */
export interface PixelRange {
  /** Between 0 and 1. */
  mean: readonly number[];
  /** Between 0 and 1. */
  deviation: readonly number[];
}

/**
 * Lets a text detector take `[n, height, width, 3]` uint8 pixels, RGB.
 *
 * Both sizes have to be multiples of 32. The output stays `[n, 1, height, width]` probabilities.
 *
 * @throws {TypeError} If `bytes` are not a model of one float32 image.
 */
export function prepareTextDetector(
  bytes: Uint8Array,
  { mean, deviation }: PixelRange,
): Uint8Array {
  const model = parseOnnx(bytes);
  dropTinyWeights(model.graph);
  foldActivations(model.graph, readScalarConstants(model.graph));
  feedPixels(
    model,
    deviation.map((each) => 1 / (255 * each)),
    mean.map((each, channel) => -each / (deviation[channel] ?? 1)),
  );
  return serializeOnnx(model);
}

/**
 * Lets a text recognizer take `[n, 48, width, 3]` uint8 pixels, RGB, and give for each time step only the
 * most probable class, `classes` (int64), its probability, `probabilities`, and that of the last class,
 * which is the space, `spaces` (float32); each is `[n, steps, 1]`.
 *
 * @throws {TypeError} If `bytes` are not a model of one float32 image and a distribution over classes.
 */
export function prepareTextRecognizer(bytes: Uint8Array): Uint8Array {
  const model = parseOnnx(bytes);
  dropTinyWeights(model.graph);
  foldActivations(model.graph, readScalarConstants(model.graph));
  feedPixels(model, [1 / 127.5, 1 / 127.5, 1 / 127.5], [-1, -1, -1]);
  const { graph } = model;
  const [distribution] = graph.output;
  const classes = distribution === undefined ? undefined : dimensions(distribution).at(-1);
  if (distribution === undefined || classes === undefined || classes < 1) {
    throw new TypeError("Cannot read text: the model does not say how many characters it knows");
  }
  // A distribution over thousands of characters a step would have to be copied out and searched.
  const alongClasses = [
    { name: "axis", type: ATTRIBUTE_TYPES.int, i: 2 },
  ];
  graph.initializer.push(tensor("space", [1], [classes - 1]));
  graph.node.push(
    operation("ArgMax", [distribution.name], "classes", alongClasses),
    operation("ReduceMax", [distribution.name], "probabilities", [
      { name: "axes", type: ATTRIBUTE_TYPES.ints, ints: [2] },
    ]),
    operation("Gather", [distribution.name, "space"], "spaces", alongClasses),
  );
  graph.output = [
    dynamicValue("classes", ELEMENT_TYPES.int64, ["n", "steps", 1]),
    dynamicValue("probabilities", ELEMENT_TYPES.float32, ["n", "steps", 1]),
    dynamicValue("spaces", ELEMENT_TYPES.float32, ["n", "steps", 1]),
  ];
  return serializeOnnx(model);
}

/** The characters that a text recognizer knows, one a line, where its file tells them. */
export function readCharacters(bytes: Uint8Array): string | undefined {
  return parseOnnx(bytes).metadata_props.find(({ key }) => key === "character")?.value;
}

/** Puts conversion and normalization in front: channel c becomes `value * scale[c] + shift[c]`. */
function feedPixels({ graph }: OnnxModel, scale: number[], shift: number[]): void {
  const [image] = graph.input;
  if (image === undefined || image.type.tensor_type.elem_type !== ELEMENT_TYPES.float32) {
    throw new TypeError("Cannot read text: the model does not take a float32 image");
  }
  const node = (
    op_type: string,
    input: string[],
    output: string,
    attribute: OnnxNode["attribute"] = [],
  ): OnnxNode => ({ op_type, name: `pixels/${op_type}`, input, output: [output], attribute });
  graph.node.unshift(
    node("Transpose", ["pixels"], "pixels/planes", [
      { name: "perm", type: ATTRIBUTE_TYPES.ints, ints: [0, 3, 1, 2] },
    ]),
    // The networks were trained on images as OpenCV loads them: blue, green, red.
    node("Gather", ["pixels/planes", "order"], "pixels/bgr", [
      { name: "axis", type: ATTRIBUTE_TYPES.int, i: 1 },
    ]),
    node("Cast", ["pixels/bgr"], "pixels/values", [
      { name: "to", type: ATTRIBUTE_TYPES.int, i: ELEMENT_TYPES.float32 },
    ]),
    node("Mul", ["pixels/values", "scale"], "pixels/scaled"),
    node("Add", ["pixels/scaled", "shift"], image.name),
  );
  graph.initializer.push(
    perChannel("scale", scale),
    perChannel("shift", shift),
    {
      name: "order",
      data_type: ELEMENT_TYPES.int64,
      dims: [3],
      raw_data: new Uint8Array(new BigInt64Array([2n, 1n, 0n]).buffer),
    },
  );
  graph.input = [dynamicValue("pixels", ELEMENT_TYPES.uint8, ["n", "height", "width", 3])];
}

function perChannel(name: string, values: number[]): OnnxTensor {
  return {
    name,
    data_type: ELEMENT_TYPES.float32,
    dims: [1, values.length, 1, 1],
    raw_data: new Uint8Array(new Float32Array(values).buffer),
  };
}

function dynamicValue(name: string, elementType: number, sizes: (number | string)[]) {
  const dim = sizes.map((size) =>
    typeof size === "string" ? { dim_param: size } : { dim_value: size }
  );
  return { name, type: { tensor_type: { elem_type: elementType, shape: { dim } } } };
}
