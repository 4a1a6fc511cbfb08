import { expect } from "expect";
import { InferenceSession, Tensor } from "../../../lib/onnx/onnxruntime.ts";
import {
  prepareTextDetector,
  prepareTextRecognizer,
  readCharacters,
} from "../../../lib/ocr/graphs/text_graphs.ts";
import { TEXT_MODEL_NAMES } from "../../../lib/config.ts";
import { parseDictionary } from "../../../lib/ocr/decode_ctc.ts";
import { ELEMENT_TYPES, parseOnnx } from "../../../lib/onnx/onnx_schema.ts";
import { loadTextModels } from "../models.ts";

/** Stripes and waves: every pixel differs from its neighbours. */
function pattern(height: number, width: number): Uint8Array {
  return Uint8Array.from(
    { length: height * width * 3 },
    (_, i) => 127 + 100 * Math.sin(i / 17) * Math.cos(i / 3001) + (i * 7919) % 23,
  );
}

/** What PaddleOCR does before inference: planes of blue, green, red, each less its mean. */
function normalize(
  pixels: Uint8Array,
  shift: readonly number[],
  deviation: readonly number[],
): Float32Array {
  const area = pixels.length / 3;
  return Float32Array.from({ length: pixels.length }, (_, i) => {
    const channel = Math.floor(i / area);
    const value = (pixels[(i % area) * 3 + 2 - channel] ?? 0) / 255;
    return (value - (shift[channel] ?? 0)) / (deviation[channel] ?? 1);
  });
}

async function infer(model: Uint8Array, inputs: Record<string, Tensor>) {
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1 });
  try {
    return await session.run(inputs);
  } finally {
    await session.release();
  }
}

for (const name of TEXT_MODEL_NAMES) {
  Deno.test(`the edited detector of ${name} agrees with the original`, async () => {
    const { detectorModel, finding } = await loadTextModels(name);
    const [height, width] = [96, 160];
    const pixels = pattern(height, width);
    const edited = await infer(prepareTextDetector(detectorModel, finding), {
      pixels: new Tensor("uint8", pixels, [1, height, width, 3]),
    });
    const values = normalize(pixels, finding.mean, finding.deviation);
    const original = await infer(detectorModel, {
      x: new Tensor("float32", values, [1, 3, height, width]),
    });
    const [actual, expected] = [edited, original].map((
      outputs,
    ) => [...Object.values(outputs)[0]?.data as Float32Array]);
    expect(actual).toHaveLength(height * width);
    actual?.forEach((value, index) => {
      expect(Math.abs(value - (expected?.[index] ?? NaN))).toBeLessThan(1e-3);
    });
  });

  Deno.test(`the edited recognizer of ${name} gives the best class and the space of the original`, async () => {
    const { recognizerModel } = await loadTextModels(name);
    const width = 160;
    const pixels = pattern(48, width);
    const edited = await infer(prepareTextRecognizer(recognizerModel), {
      pixels: new Tensor("uint8", pixels, [1, 48, width, 3]),
    });
    const values = normalize(pixels, [0.5, 0.5, 0.5], [0.5, 0.5, 0.5]);
    const original = await infer(recognizerModel, {
      x: new Tensor("float32", values, [1, 3, 48, width]),
    });
    const [distribution] = Object.values(original);
    const [, steps = 0, classes = 0] = distribution?.dims ?? [];
    expect(edited["classes"]?.dims).toEqual([1, steps, 1]);
    for (let step = 0; step < steps; step++) {
      const row = (distribution?.data as Float32Array)
        .subarray(step * classes, (step + 1) * classes);
      const best = row.reduce((most, value, index) => value > (row[most] ?? 0) ? index : most, 0);
      expect(Number(edited["classes"]?.data[step])).toBe(best);
      expect(Number(edited["probabilities"]?.data[step])).toBeCloseTo(row[best] ?? NaN, 3);
      expect(Number(edited["spaces"]?.data[step])).toBeCloseTo(row.at(-1) ?? NaN, 3);
    }
  });
}

Deno.test("the default recognizer tells its 18,710 characters, the blank and the space among them", async () => {
  const { recognizerModel } = await loadTextModels();
  const characters = parseDictionary(readCharacters(recognizerModel) ?? "");
  expect(characters).toHaveLength(18_710);
  expect(characters).toEqual(expect.arrayContaining([..."€£ßÅşőț"]));
});

Deno.test("the default detector has no weights left that processors are slow with", async () => {
  const { detectorModel, finding } = await loadTextModels();
  const tiny = (bytes: Uint8Array) =>
    parseOnnx(bytes).graph.initializer.flatMap(({ data_type, raw_data }) =>
      data_type === ELEMENT_TYPES.float32
        ? [...new Float32Array(new Uint8Array(raw_data).buffer)]
        : []
    ).filter((weight) => weight !== 0 && Math.abs(weight) < 1e-20).length;
  expect(tiny(detectorModel)).toBeGreaterThan(200_000);
  expect(tiny(prepareTextDetector(detectorModel, finding))).toBe(0);
});

Deno.test("editing leaves no activation of eight operations and no unused constant", async () => {
  const { detectorModel, finding } = await loadTextModels("ch_PP-OCRv4");
  const nodes = parseOnnx(prepareTextDetector(detectorModel, finding)).graph.node;
  expect(nodes.filter(({ op_type }) => op_type === "Clip")).toEqual([]);
  const used = new Set(nodes.flatMap(({ input }) => input));
  const constants = nodes.filter(({ op_type }) => op_type === "Constant");
  expect(constants.filter(({ output }) => !used.has(output[0] ?? ""))).toEqual([]);
});

Deno.test("editing refuses bytes that are no model", () => {
  const range = { mean: [0, 0, 0], deviation: [1, 1, 1] };
  expect(() => prepareTextDetector(new Uint8Array([1, 2, 3]), range)).toThrow(TypeError);
  expect(() => prepareTextRecognizer(new Uint8Array(0))).toThrow(TypeError);
});
