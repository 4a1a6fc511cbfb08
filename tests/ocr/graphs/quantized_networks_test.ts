/** The networks for text with 8-bit integers: what they compute with, and that they find and read the same. */

import { expect } from "expect";
import { join } from "node:path";
import { findCalibration, rangesOf } from "../../../lib/models/calibration.ts";
import { textModelFiles } from "../../../lib/models/text_models.ts";
import {
  measurableTextNetwork,
  prepareTextDetector,
  prepareTextRecognizer,
  RECOGNIZER_RANGE,
  type TensorRanges,
} from "../../../lib/ocr/graphs/text_graphs.ts";
import { UnfitForQuantizingError } from "../../../lib/onnx/errors.ts";
import { integersOverflow } from "../../../lib/onnx/integer_overflow.ts";
import { producersOf } from "../../../lib/onnx/onnx_nodes.ts";
import { parseOnnx } from "../../../lib/onnx/onnx_schema.ts";
import { InferenceSession, Tensor } from "../../../lib/onnx/onnxruntime.ts";
import { MODEL_DIR } from "../../pipeline/models.ts";
import { loadTextModels } from "../models.ts";

const { recognizerModel, detectorModel, finding } = await loadTextModels();
const [ofDetector, ofRecognizer] = [
  await rangesFor(0, detectorModel),
  await rangesFor(1, recognizerModel),
];

async function rangesFor(index: number, bytes: Uint8Array): Promise<TensorRanges> {
  const file = textModelFiles("PP-OCRv6_small")[index]?.file ?? "";
  const calibration = await findCalibration(join(MODEL_DIR, file), [bytes]);
  if (calibration === undefined) throw new Error(`There is no calibration for ${file}`);
  return rangesOf(calibration);
}

/** Dark bars on a pale ground, as coarse as text. */
function bars(height: number, width: number): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, index) => {
    const [x, y] = [Math.floor(index / 3) % width, Math.floor(index / 3 / width)];
    return x % 9 < 3 && y % 40 > 12 && y % 40 < 32 ? 40 : 210;
  });
}

async function infer(model: Uint8Array, pixels: Uint8Array, dims: number[]) {
  const session = await InferenceSession.create(model, {
    intraOpNumThreads: 1,
    logSeverityLevel: 4,
  });
  try {
    return await session.run({ pixels: new Tensor("uint8", pixels, dims) });
  } finally {
    await session.release();
  }
}

for (
  const [name, floats, integers, convolutions] of [
    // What is left computes on one number for each channel, or enlarges the map at the end.
    ["detector", prepareTextDetector(detectorModel, finding), ofDetector, 28],
    // The same, and three that a normalization follows.
    ["recognizer", prepareTextRecognizer(recognizerModel), ofRecognizer, 13],
  ] as const
) {
  const quantized = name === "detector"
    ? prepareTextDetector(detectorModel, finding, integers)
    : prepareTextRecognizer(recognizerModel, integers);

  Deno.test(`the quantized ${name} computes its convolutions with integers`, () => {
    const { graph } = parseOnnx(quantized);
    const producers = producersOf(graph);
    const isInteger = (input: string) => producers.get(input)?.op_type === "DequantizeLinear";
    const all = graph.node.filter(({ op_type }) => op_type === "Conv");
    const others = all.filter(({ input }) => !input.every(isInteger));
    expect(all.length).toBeGreaterThan(2 * convolutions);
    expect(others).toHaveLength(convolutions);
    expect(graph.node.filter(({ op_type }) => op_type === "Gelu")).toHaveLength(13);
    expect(quantized.length).toBeLessThan(floats.length / 2.5);
  });
}

Deno.test("the quantized detector gives about the same probabilities", async () => {
  if (await integersOverflow()) return;
  const [height, width] = [96, 160];
  const pixels = bars(height, width);
  const [before, after] = await Promise.all([undefined, ofDetector].map(async (ranges) => {
    const outputs = await infer(prepareTextDetector(detectorModel, finding, ranges), pixels, [
      ...[1, height, width, 3],
    ]);
    return Object.values(outputs)[0]?.data as Float32Array;
  })) as [Float32Array, Float32Array];
  expect(after).toHaveLength(height * width);
  // The bars are found, and so is the ground between them.
  const areText = before.filter((value) => value > 0.5).length;
  expect(areText).toBeGreaterThan(500);
  expect(areText).toBeLessThan(height * width - 500);
  const differences = before.map((value, index) => Math.abs(value - (after[index] ?? NaN)));
  const mean = differences.reduce((sum, value) => sum + value, 0) / differences.length;
  expect(mean).toBeLessThan(0.03);
});

Deno.test("quantizing refuses a range that is missing, and a network of another form", async () => {
  const [first = ""] = ofRecognizer.keys();
  const without = new Map([...ofRecognizer].filter(([name]) => name !== first));
  expect(() => prepareTextRecognizer(recognizerModel, without)).toThrow(
    new RangeError(`Cannot quantize ${first}: its range is missing`),
  );
  const classified = new Map([...ofRecognizer].slice(0, -1));
  expect(() => prepareTextRecognizer(recognizerModel, classified)).toThrow(RangeError);
  const other = await loadTextModels("ch_PP-OCRv4");
  expect(() => measurableTextNetwork(other.detectorModel, other.finding)).toThrow(
    UnfitForQuantizingError,
  );
  expect(() => measurableTextNetwork(other.recognizerModel, RECOGNIZER_RANGE)).toThrow(
    UnfitForQuantizingError,
  );
});

Deno.test("what is measured is what the calibrations that ship have", () => {
  const outputs = (bytes: Uint8Array) => parseOnnx(bytes).graph.output.map(({ name }) => name);
  expect(outputs(measurableTextNetwork(detectorModel, finding)).toSorted())
    .toEqual([...ofDetector.keys()].toSorted());
  expect(outputs(measurableTextNetwork(recognizerModel, RECOGNIZER_RANGE)).toSorted())
    .toEqual([...ofRecognizer.keys()].toSorted());
});
