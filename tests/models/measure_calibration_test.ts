import { expect } from "expect";
import sharp from "sharp";
import { join } from "node:path";
import { Detector } from "../../lib/detection/detector.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import { hashOf, writeCalibration } from "../../lib/models/calibration.ts";
import {
  choosePrecision,
  type DetectorChoice,
  loadDetector,
  prepareDetector,
} from "../../lib/models/specialized_model.ts";
import { type OnnxModel, parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { toFloat16 } from "../detection/exports/float16_exports.ts";
import { withOpenAxes } from "../detection/exports/real_exports.ts";
import { measureCalibration } from "../../lib/models/measure_calibration.ts";
import { ImageDecodeError } from "../../lib/image/errors.ts";
import { ensureModel, readFixture } from "../pipeline/models.ts";
import shipped from "../../lib/models/calibrations/yolov8n.json" with { type: "json" };

const OPTIONS = { input: { width: 320, height: 256 }, maxPixels: 4_194_304 };

async function* each(images: Uint8Array[]) {
  yield* images;
}

Deno.test("measureCalibration measures the tensors that the shipped calibration has, about as wide", async () => {
  const model = await ensureModel();
  const upright = await sharp(readFixture("dog.jpg")).rotate(90).jpeg().toBuffer();
  let count = 0;
  const images = each([readFixture("dog.jpg"), new Uint8Array(upright), readFixture("horses.jpg")]);
  const onImage = () => count += 1;
  const found = await measureCalibration(model, images, { ...OPTIONS, onImage });
  expect([found.model, found.images, count]).toEqual([hashOf(await Deno.readFile(model)), 3, 3]);
  expect(Object.keys(found.ranges)).toEqual(Object.keys(shipped.ranges));
  const widthOf = ([lowest = 0, highest = 0]: number[]) => highest - lowest;
  const ratios = Object.entries(shipped.ranges).map(([name, range]) =>
    widthOf(found.ranges[name] ?? []) / widthOf(range)
  ).sort((a, b) => a - b);
  // Three photographs do not show all that there is, but most of it.
  expect(ratios[ratios.length >> 1]).toBeGreaterThan(0.6);
  expect(ratios[ratios.length >> 1]).toBeLessThan(1.2);
});

Deno.test("measureCalibration says what is no image", async () => {
  const model = await ensureModel();
  const images = each([readFixture("dog.jpg"), new TextEncoder().encode("no image")]);
  await expect(measureCalibration(model, images, OPTIONS)).rejects.toThrow(ImageDecodeError);
});

/** Has the weights lie in a file of their own, `weights.data`. */
async function moveWeights(model: OnnxModel, folder: string): Promise<OnnxModel> {
  const weights = model.graph.initializer.filter(({ data_type, raw_data }) =>
    data_type === 1 && raw_data?.length >= 1024
  );
  let offset = 0;
  using file = await Deno.create(join(folder, "weights.data"));
  for (const tensor of weights) {
    const bytes = tensor.raw_data;
    await file.write(bytes);
    tensor.external_data = Object.entries({
      location: "weights.data",
      offset: `${offset}`,
      length: `${bytes.length}`,
    }).map(([key, value]) => ({ key, value }));
    tensor.data_location = 1;
    tensor.raw_data = new Uint8Array();
    offset += bytes.length;
  }
  return model;
}

const EXPORTS: Record<string, (model: OnnxModel, folder: string) => Promise<OnnxModel>> = {
  "16-bit floats throughout": (model) => Promise.resolve(toFloat16(model, "throughout")),
  "16-bit floats inside": (model) => Promise.resolve(toFloat16(model, "inside")),
  "weights in a file of their own": moveWeights,
  "dynamic axes": (model) => Promise.resolve(withOpenAxes(model)),
  "a batch of 4": (model) => {
    const [batch] = model.graph.input[0]?.type.tensor_type.shape?.dim ?? [];
    if (batch !== undefined) batch.dim_value = 4;
    return Promise.resolve(model);
  },
};

for (const [what, make] of Object.entries(EXPORTS)) {
  Deno.test(`a model with ${what} is calibrated, and computes with 8 bits`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = join(folder, "own.onnx");
      const model = await make(parseOnnx(await Deno.readFile(await ensureModel())), folder);
      await Deno.writeFile(path, serializeOnnx(model));
      await writeCalibration(
        path,
        await measureCalibration(path, each([readFixture("dog.jpg")]), OPTIONS),
      );
      expect(await choosePrecision(path, "auto")).toBe("int8");
      const choice = { size: { width: 640, height: 480 }, confidence: 0.25, precision: "int8" };
      const graph = await loadDetector(await prepareDetector(path, choice as DetectorChoice));
      const detector = await Detector.create({ ...graph, threads: 2, confidence: 0.25, iou: 0.45 });
      const image = await decodeLetterboxed(
        readFixture("dog.jpg"),
        detector.input,
        detector.pixels,
        {
          maxPixels: OPTIONS.maxPixels,
        },
      );
      const found = await detector.detect(image);
      await detector.release();
      expect(found.map(({ label }) => label)).toEqual(expect.arrayContaining(["dog", "bicycle"]));
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("a calibration does not hold for other weights in a file of their own", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "own.onnx");
    const model = await moveWeights(parseOnnx(await Deno.readFile(await ensureModel())), folder);
    await Deno.writeFile(path, serializeOnnx(model));
    const calibration = await measureCalibration(path, each([readFixture("dog.jpg")]), OPTIONS);
    await writeCalibration(path, calibration);
    expect(await choosePrecision(path, "auto")).toBe("int8");
    const weights = await Deno.readFile(join(folder, "weights.data"));
    weights[0] = (weights[0] ?? 0) ^ 1;
    await Deno.writeFile(join(folder, "weights.data"), weights);
    expect(await choosePrecision(path, "auto")).toBe("fp32");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
