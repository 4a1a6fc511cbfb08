import { expect } from "expect";
import { join } from "node:path";
import { Classifier } from "../../lib/detection/classifier.ts";
import { cropCentre } from "../../lib/image/letterbox.ts";
import { loadClassifier } from "../../lib/models/classifier_model.ts";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { type OnnxModel, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { classifierExport } from "./exports/other_exports.ts";
import { yolov8Export } from "./exports/yolov8_exports.ts";

const NOTES = { task: "classify", names: "{0: 'cat', 1: 'dog', 2: 'owl', 3: 'bee'}" };
const [WIDTH, HEIGHT] = [96, 64];

async function load(model: OnnxModel): Promise<Classifier> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "export.onnx");
    await Deno.writeFile(path, serializeOnnx(model));
    return await Classifier.create({ ...await loadClassifier(path), threads: 1 });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Noise of red, green, blue. */
function noise(width: number, height: number): Uint8Array {
  const random = createRandom(3);
  return Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
}

/** The export's own output for an image of its size. */
async function runPlain(model: OnnxModel, pixels: Uint8Array): Promise<number[]> {
  const network = await InferenceSession.create(serializeOnnx(model), { logSeverityLevel: 4 });
  const planes = new Float32Array(pixels.length);
  pixels.forEach((value, index) => {
    planes[index % 3 * WIDTH * HEIGHT + Math.floor(index / 3)] = value / 255;
  });
  const images = new Tensor("float32", planes, [1, 3, HEIGHT, WIDTH]);
  const { output0 } = await network.run({ images });
  await network.release();
  return Array.from((output0 as Tensor).data as Float32Array);
}

Deno.test("a classifier tells the classes of its export, best first", async () => {
  const pixels = noise(WIDTH, HEIGHT);
  const expected = await runPlain(classifierExport(NOTES), pixels);
  const classifier = await load(classifierExport(NOTES));
  classifier.pixels.set(pixels);
  const found = await classifier.classify();
  await classifier.release();
  expect(found.map(({ label }) => label).sort()).toEqual(["bee", "cat", "dog", "owl"]);
  found.forEach(({ class_id, confidence, label }, index) => {
    expect(Math.abs(confidence - (expected[class_id] ?? NaN))).toBeLessThanOrEqual(0.001);
    expect(classifier.labels[class_id]).toBe(label);
    expect(confidence).toBeLessThanOrEqual(found[index - 1]?.confidence ?? 1);
  });
});

Deno.test("logits of a classifier become probabilities", async () => {
  const model = classifierExport(NOTES);
  const [softmax] = model.graph.node.filter(({ op_type }) => op_type === "Softmax");
  if (softmax !== undefined) {
    softmax.op_type = "Identity";
    softmax.attribute = [];
  }
  const pixels = noise(WIDTH, HEIGHT);
  const expected = await runPlain(classifierExport(NOTES), pixels);
  const classifier = await load(model);
  classifier.pixels.set(pixels);
  for (const { class_id, confidence } of await classifier.classify()) {
    expect(Math.abs(confidence - (expected[class_id] ?? NaN))).toBeLessThanOrEqual(0.001);
  }
  await classifier.release();
});

Deno.test("a region is classified as an image that shows nothing else", async () => {
  const classifier = await load(classifierExport(NOTES));
  const image = { pixels: noise(300, 200), width: 300, height: 200 };
  const within = await classifier.classifyRegion(image, [50, 40, WIDTH, HEIGHT]);
  const rows = Array.from(
    { length: HEIGHT },
    (_, row) => image.pixels.subarray(((40 + row) * 300 + 50) * 3).subarray(0, WIDTH * 3),
  );
  rows.forEach((row, index) => classifier.pixels.set(row, index * WIDTH * 3));
  expect(await classifier.classify()).toEqual(within);
  expect(await classifier.classifyRegion(image, [400, 0, 10, 10])).toEqual([]);
  await classifier.release();
});

Deno.test("square inputs show the middle of the image, whose shorter side fills them", () => {
  expect(cropCentre({ width: 768, height: 576 }, { width: 224, height: 224 })).toMatchObject({
    content: { width: 298, height: 224 },
    left: -37,
    top: 0,
  });
  expect(cropCentre({ width: 100, height: 300 }, { width: 50, height: 50 })).toMatchObject({
    content: { width: 50, height: 150 },
    left: 0,
    top: -50,
  });
});

Deno.test("a detector is no classifier, and what is said of it tells why", async () => {
  await expect(load(yolov8Export())).rejects.toThrow(
    /it is no classifier: its task is detect, its outputs are output0 \[1, 7, 126\]; an export for classification/,
  );
});
