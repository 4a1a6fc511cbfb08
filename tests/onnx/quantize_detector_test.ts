import type { DetectorLayout } from "../../lib/onnx/detector_layout.ts";
import type { Size } from "../../lib/image/size.ts";
import { expect } from "expect";
import type { Detection } from "../../lib/protocol/detection.ts";
import { measureRanges } from "../../lib/onnx/activation_ranges.ts";
import { Detector } from "../../lib/detection/detector.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import { leanDetector } from "../../lib/onnx/lean_graph.ts";
import { inspectDetector, specializeDetector } from "../../lib/detection/detector_graph.ts";
import { type OnnxModel, parseOnnx } from "../../lib/onnx/onnx_schema.ts";
import { quantizeDetector, quantizedTensors } from "../../lib/onnx/quantize_detector.ts";
import { ensureModel, readFixture } from "../pipeline/models.ts";

const INPUT: Size = { width: 512, height: 384 };
const SMALL_INPUT: Size = { width: 320, height: 256 };

async function readSource(): Promise<Uint8Array> {
  return await Deno.readFile(await ensureModel());
}

/** YOLOv8n in integers, as calibrated on some of the fixtures. */
async function quantize(source: Uint8Array, images: string[]): Promise<Uint8Array> {
  const layout = inspectDetector(parseOnnx(source), INPUT);
  const outputs = quantizedTensors(parseOnnx(source), layout);
  const measured = specializeDetector(parseOnnx(source), { ...layout, outputs });
  const ranges = await measureRanges(measured, INPUT, images.map(readFixture));
  return quantizeDetector(parseOnnx(source), layout, ranges);
}

async function detect(
  source: Uint8Array,
  image: string,
  size: Size,
  edit = (model: OnnxModel, _layout: DetectorLayout) => model,
): Promise<Detection[]> {
  const layout = inspectDetector(parseOnnx(source), size);
  const model = specializeDetector(edit(parseOnnx(source), layout), layout);
  const options = { model, layout, threads: 2, confidence: 0.25, iou: 0.45 };
  const detector = await Detector.create(options);
  const { input, pixels } = detector;
  const place = await decodeLetterboxed(readFixture(image), input, pixels, { maxPixels: 1e7 });
  const detections = await detector.detect(place, { agnostic: false });
  await detector.release();
  return detections;
}

function overlap(a: Detection, b: Detection): number {
  const [[ax, ay, aw, ah], [bx, by, bw, bh]] = [a.bbox, b.bbox];
  const width = Math.max(0, Math.min(ax + aw, bx + bw) - Math.max(ax, bx));
  const height = Math.max(0, Math.min(ay + ah, by + bh) - Math.max(ay, by));
  return width * height / (aw * ah + bw * bh - width * height);
}

Deno.test("a quantized detector agrees with its original, on an image it was not calibrated on too", async () => {
  const source = await readSource();
  const quantized = await quantize(source, ["dog.jpg", "horses.jpg", "text.jpg"]);
  expect(quantized.length).toBeLessThan(source.length / 3);
  for (const image of ["dog.jpg", "person.jpg"]) {
    for (const size of [INPUT, SMALL_INPUT]) {
      const before = await detect(source, image, size);
      const after = await detect(quantized, image, size);
      const labels = (found: Detection[]) => found.map(({ label }) => label).toSorted();
      expect(labels(after)).toEqual(labels(before));
      for (const each of before) {
        const same = after.filter(({ label }) => label === each.label);
        expect(Math.max(...same.map((other) => overlap(each, other)))).toBeGreaterThanOrEqual(0.8);
      }
    }
  }
});

Deno.test("a quantized detector finds the same where boxes are computed only in some rows", async () => {
  const quantized = await quantize(await readSource(), ["dog.jpg"]);
  const lean = (model: OnnxModel, layout: DetectorLayout) => {
    leanDetector(model, layout, 0.25);
    expect(model.graph.node.filter(({ op_type }) => op_type === "Pad")).toHaveLength(3);
    return model;
  };
  for (const image of ["dog.jpg", "person.jpg", "horses.jpg"]) {
    const whole = await detect(quantized, image, INPUT);
    expect(whole.length).toBeGreaterThan(1);
    expect(await detect(quantized, image, INPUT, lean)).toEqual(whole);
  }
});

Deno.test("a quantized detector keeps the names of its classes, and can be cut and resized", async () => {
  const source = await readSource();
  const layout = inspectDetector(parseOnnx(await quantize(source, ["dog.jpg"])), SMALL_INPUT);
  expect(layout).toEqual(inspectDetector(parseOnnx(source), SMALL_INPUT));
});

Deno.test("quantizeDetector names the tensor whose range is missing", async () => {
  const model = parseOnnx(await readSource());
  const layout = inspectDetector(model, INPUT);
  expect(() => quantizeDetector(model, layout, new Map())).toThrow(
    new RangeError("Cannot quantize images: its range is missing"),
  );
});

Deno.test("quantizeDetector refuses a head that cannot be parted from its network", async () => {
  const model = parseOnnx(await readSource());
  const layout = { ...inspectDetector(model, INPUT), kind: "yolox" as const };
  expect(() => quantizedTensors(model, layout)).toThrow(TypeError);
});
