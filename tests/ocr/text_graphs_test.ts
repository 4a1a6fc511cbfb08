import { expect } from "expect";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { prepareTextDetector, prepareTextRecognizer } from "../../lib/ocr/text_graphs.ts";
import { parseOnnx } from "../../lib/onnx/onnx_schema.ts";
import { loadTextModels } from "./models.ts";

/** Stripes and waves: every pixel differs from its neighbours. */
function pattern(height: number, width: number): Uint8Array {
  return Uint8Array.from(
    { length: height * width * 3 },
    (_, i) => 127 + 100 * Math.sin(i / 17) * Math.cos(i / 3001) + (i * 7919) % 23,
  );
}

/** What PaddleOCR does before inference: planes of blue, green, red, each less its mean. */
function normalize(pixels: Uint8Array, shift: number[], deviation: number[]): Float32Array {
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

Deno.test("the edited detector agrees with the original", async () => {
  const { detectorModel } = await loadTextModels();
  const [height, width] = [96, 160];
  const pixels = pattern(height, width);
  const edited = await infer(prepareTextDetector(detectorModel), {
    pixels: new Tensor("uint8", pixels, [1, height, width, 3]),
  });
  const values = normalize(pixels, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
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

Deno.test("the edited recognizer gives the best class and the space of the original", async () => {
  const { recognizerModel } = await loadTextModels();
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
    const row = (distribution?.data as Float32Array).subarray(step * classes, (step + 1) * classes);
    const best = row.reduce((most, value, index) => value > (row[most] ?? 0) ? index : most, 0);
    expect(Number(edited["classes"]?.data[step])).toBe(best);
    expect(Number(edited["probabilities"]?.data[step])).toBeCloseTo(row[best] ?? NaN, 3);
    expect(Number(edited["spaces"]?.data[step])).toBeCloseTo(row.at(-1) ?? NaN, 3);
  }
});

Deno.test("editing leaves no activation of eight operations and no unused constant", async () => {
  const { detectorModel } = await loadTextModels();
  const nodes = parseOnnx(prepareTextDetector(detectorModel)).graph.node;
  expect(nodes.filter(({ op_type }) => op_type === "Clip")).toEqual([]);
  const used = new Set(nodes.flatMap(({ input }) => input));
  const constants = nodes.filter(({ op_type }) => op_type === "Constant");
  expect(constants.filter(({ output }) => !used.has(output[0] ?? ""))).toEqual([]);
});

Deno.test("editing refuses bytes that are no model", () => {
  expect(() => prepareTextDetector(new Uint8Array([1, 2, 3]))).toThrow(TypeError);
  expect(() => prepareTextRecognizer(new Uint8Array(0))).toThrow(TypeError);
});
