/**
 * Edits the graphs of PP-OCR's models so that raw pixels go in and small results come out.
 *
 * @module
 */

import type { Range } from "../../onnx/choose_range.ts";
import { dropTinyWeights } from "../../onnx/drop_tiny_weights.ts";
import { foldActivations } from "../../onnx/fold_activations.ts";
import { operation, tensor } from "../../onnx/onnx_nodes.ts";
import {
  ATTRIBUTE_TYPES,
  dimensions,
  ELEMENT_TYPES,
  type OnnxModel,
  parseOnnx,
  serializeOnnx,
  valueInfo,
} from "../../onnx/onnx_schema.ts";
import { readScalarConstants } from "../../onnx/scalar_constants.ts";
import { feedIntegers, feedPixels, type PixelRange } from "./feed_pixels.ts";
import { quantizeTextNetwork, textTensors } from "./quantize_text_network.ts";
import { tidyGraph } from "./tidy_graph.ts";
import { unrollUpsampling } from "./unroll_upsampling.ts";

/** The ranges of values inside a network, by the names of its tensors. */
export type TensorRanges = ReadonlyMap<string, Range>;

/** From this operator set on `TopK` takes how many are wanted as an input. */
const COUNT_AS_INPUT = 10;

/** What recognizers were trained on: from -1 to 1. */
export const RECOGNIZER_RANGE: PixelRange = {
  mean: [0.5, 0.5, 0.5],
  deviation: [0.5, 0.5, 0.5],
};

/**
 * Lets a text detector take `[n, height, width, 3]` uint8 pixels, RGB.
 *
 * Both sizes have to be multiples of 32. The output stays `[n, 1, height, width]` probabilities.
 *
 * @param ranges Those of {@linkcode measurableTextNetwork}, to compute with 8-bit integers; with floats without them
 * @throws {TypeError} If `bytes` are not a model of one float32 image.
 * @throws {RangeError} If a range is missing
 */
export function prepareTextDetector(
  bytes: Uint8Array,
  range: PixelRange,
  ranges?: TensorRanges,
): Uint8Array {
  const model = readTidily(bytes);
  feed(model, range, ranges);
  unrollUpsampling(model.graph);
  return write(model);
}

/**
 * Lets a text recognizer take `[n, 48, width, 3]` uint8 pixels, RGB, and give for each time step only the
 * most probable class, `classes` (int64), its probability, `probabilities`, and that of the last class,
 * which is the space, `spaces` (float32); each is `[n, steps, 1]`.
 *
 * @param ranges Those of {@linkcode measurableTextNetwork}, to compute with 8-bit integers; with floats without them
 * @throws {TypeError} If `bytes` are not a model of one float32 image and a distribution over classes.
 * @throws {RangeError} If a range is missing
 */
export function prepareTextRecognizer(bytes: Uint8Array, ranges?: TensorRanges): Uint8Array {
  const model = readTidily(bytes);
  feed(model, RECOGNIZER_RANGE, ranges);
  giveBest(model);
  return write(model);
}

/**
 * Lets a network for text take pixels, as above, and give the tensors whose ranges have to be known to quantize it.
 *
 * @throws {TypeError} If `bytes` are not a model of one float32 image.
 * @throws {UnfitForQuantizingError} If the network cannot be quantized
 */
export function measurableTextNetwork(bytes: Uint8Array, range: PixelRange): Uint8Array {
  const quantized = readTidily(bytes);
  const tensors = textTensors(quantized, feedIntegers(quantized.graph, range).name);
  const model = readTidily(bytes);
  feed(model, range);
  model.graph.output = [...tensors].map((name) => valueInfo(name, ELEMENT_TYPES.float32));
  return write(model);
}

/** The characters that a text recognizer knows, one a line, where its file tells them. */
export function readCharacters(bytes: Uint8Array): string | undefined {
  return parseOnnx(bytes).metadata_props.find(({ key }) => key === "character")?.value;
}

function readTidily(bytes: Uint8Array): OnnxModel {
  const model = parseOnnx(bytes);
  dropTinyWeights(model.graph);
  foldActivations(model.graph, readScalarConstants(model.graph));
  tidyGraph(model);
  return model;
}

function feed(model: OnnxModel, range: PixelRange, ranges?: TensorRanges): void {
  if (ranges === undefined) feedPixels(model.graph, range);
  else quantizeTextNetwork(model, feedIntegers(model.graph, range), ranges);
}

/** A distribution over thousands of characters a step would have to be copied out and searched. */
function giveBest({ graph, opset_import }: OnnxModel): void {
  const [distribution] = graph.output;
  const classes = distribution === undefined ? undefined : dimensions(distribution).at(-1);
  if (distribution === undefined || classes === undefined || classes < 1) {
    throw new TypeError("Cannot read text: the model does not say how many characters it knows");
  }
  const alongClasses = { name: "axis", type: ATTRIBUTE_TYPES.int, i: 2 };
  const one = { name: "k", type: ATTRIBUTE_TYPES.int, i: 1 };
  const version = Number(opset_import.find(({ domain }) => !domain)?.version);
  const best = version < COUNT_AS_INPUT
    ? operation("TopK", [distribution.name], "probabilities", [alongClasses, one])
    : operation("TopK", [distribution.name, "best/count"], "probabilities", [alongClasses]);
  graph.initializer.push(tensor("best/count", [1], [1]), tensor("best/space", [1], [classes - 1]));
  graph.node.push(
    // Several times as fast as `ArgMax`.
    { ...best, output: ["probabilities", "classes"] },
    operation("Gather", [distribution.name, "best/space"], "spaces", [alongClasses]),
  );
  graph.output = [
    dynamicValue("classes", ELEMENT_TYPES.int64),
    dynamicValue("probabilities", ELEMENT_TYPES.float32),
    dynamicValue("spaces", ELEMENT_TYPES.float32),
  ];
}

/** Writes a model without the constants that edits have left unused. */
function write(model: OnnxModel): Uint8Array {
  const { graph } = model;
  const used = new Set(graph.node.flatMap(({ input }) => input));
  graph.initializer = graph.initializer.filter(({ name }) => used.has(name));
  return serializeOnnx(model);
}

/** Of one number for each step of each line. */
function dynamicValue(name: string, elementType: number) {
  const dim = [{ dim_param: "n" }, { dim_param: "steps" }, { dim_value: 1 }];
  return { name, type: { tensor_type: { elem_type: elementType, shape: { dim } } } };
}
