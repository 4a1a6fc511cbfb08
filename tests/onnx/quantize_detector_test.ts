import { Buffer } from "node:buffer";
import { expect } from "expect";
import { Detector } from "../../lib/detection/detector.ts";
import { inspectDetector, specializeGraph } from "../../lib/detection/detector_graph.ts";
import { intersectionOverUnion, toCorners } from "../../lib/image/boxes.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import type { Size } from "../../lib/image/size.ts";
import { type Calibration, rangesOf } from "../../lib/models/calibration.ts";
import { copyResizes } from "../../lib/onnx/copy_resizes.ts";
import type { DetectorLayout } from "../../lib/onnx/detector_layout.ts";
import { UnfitForQuantizingError } from "../../lib/onnx/errors.ts";
import { groupPixels } from "../../lib/onnx/group_pixels.ts";
import { leanDetector } from "../../lib/onnx/lean_graph.ts";
import { type OnnxModel, parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { quantizeDetector, quantizedTensors } from "../../lib/onnx/quantize_detector.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import shipped from "../../lib/models/calibrations/yolov8n.json" with { type: "json" };
import { ensureModel, readFixture } from "../pipeline/models.ts";

const INPUT: Size = { width: 640, height: 480 };
const SMALL_INPUT: Size = { width: 320, height: 256 };
const UPRIGHT_INPUT: Size = { width: 416, height: 736 };

type Edit = (model: OnnxModel, layout: DetectorLayout) => void;

async function readSource(): Promise<Uint8Array> {
  return await Deno.readFile(await ensureModel());
}

/** YOLOv8n in integers, with the ranges that livesyte comes with. */
function quantize(source: Uint8Array): Uint8Array {
  const layout = inspectDetector(parseOnnx(source), INPUT);
  const ranges = rangesOf(shipped as unknown as Calibration);
  return quantizeDetector(parseOnnx(source), layout, ranges);
}

function specialize(source: Uint8Array, size: Size, edits: readonly Edit[]) {
  const model = parseOnnx(source);
  const layout = inspectDetector(model, size);
  specializeGraph(model, layout);
  for (const edit of edits) edit(model, layout);
  return { model: serializeOnnx(model), layout };
}

async function detect(
  source: Uint8Array,
  image: string,
  size: Size,
  ...edits: Edit[]
): Promise<Detection[]> {
  const options = { threads: 2, confidence: 0.25, iou: 0.45 };
  const detector = await Detector.create({ ...specialize(source, size, edits), ...options });
  const { input, pixels } = detector;
  const place = await decodeLetterboxed(readFixture(image), input, pixels, { maxPixels: 1e7 });
  const detections = await detector.detect(place, { agnostic: false });
  await detector.release();
  return detections;
}

/** What a detector's outputs are for bytes that follow no pattern. */
async function outputsFor(source: Uint8Array, size: Size, edits: readonly Edit[]) {
  const { model, layout } = specialize(source, size, edits);
  const session = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const { width, height } = size;
  const bytes = Uint8Array.from({ length: width * height * 3 }, (_, i) => i * 7919 % 251);
  const pixels = new Tensor("uint8", bytes, [1, height, width, 3]);
  const outputs = await session.run({ [session.inputNames[0] ?? ""]: pixels });
  await session.release();
  return layout.outputs.map((name) => outputs[name]?.data as Float32Array);
}

function operations(source: Uint8Array, size: Size, edits: readonly Edit[]): string[] {
  const { model } = specialize(source, size, edits);
  return parseOnnx(model).graph.node.map(({ op_type }) => op_type);
}

/** Expects that each object is among others, of the same class and nearly in the same place. */
function expectAmong(objects: readonly Detection[], others: readonly Detection[]): void {
  for (const { label, bbox } of objects) {
    const overlaps = others.filter((other) => other.label === label)
      .map((other) => intersectionOverUnion(toCorners(bbox), toCorners(other.bbox)));
    expect(Math.max(...overlaps)).toBeGreaterThanOrEqual(0.8);
  }
}

const group: Edit = (model) => groupPixels(model);
const copy: Edit = (model, { input }) => copyResizes(model, input.width);

Deno.test("a quantized detector agrees with its original", async () => {
  const source = await readSource();
  const quantized = quantize(source);
  expect(quantized.length).toBeLessThan(source.length / 3);
  for (const image of ["dog.jpg", "person.jpg"]) {
    for (const size of [INPUT, SMALL_INPUT]) {
      const before = await detect(source, image, size);
      const after = await detect(quantized, image, size);
      // Whether an object that either is hardly sure of passes the threshold is chance.
      const likely = (found: Detection[]) => found.filter(({ confidence }) => confidence > 0.5);
      expect(likely(before).length).toBeGreaterThan(0);
      expectAmong(likely(before), after);
      expectAmong(likely(after), before);
    }
  }
});

Deno.test("a quantized detector finds the same where boxes are computed only in some rows", async () => {
  const quantized = quantize(await readSource());
  const lean = (model: OnnxModel, layout: DetectorLayout) => {
    leanDetector(model, layout, 0.25);
    expect(model.graph.node.filter(({ op_type }) => op_type === "Pad")).toHaveLength(3);
  };
  for (const image of ["dog.jpg", "person.jpg", "horses.jpg"]) {
    const whole = await detect(quantized, image, INPUT);
    expect(whole.length).toBeGreaterThan(1);
    expect(await detect(quantized, image, INPUT, lean)).toEqual(whole);
  }
});

Deno.test("a quantized detector keeps the names of its classes, and can be cut and resized", async () => {
  const source = await readSource();
  const layout = inspectDetector(parseOnnx(quantize(source)), SMALL_INPUT);
  expect(layout).toEqual(inspectDetector(parseOnnx(source), SMALL_INPUT));
});

Deno.test("groups of pixels and copied grids change no bit of what a quantized detector gives", async () => {
  const quantized = quantize(await readSource());
  for (const size of [SMALL_INPUT, UPRIGHT_INPUT]) {
    const plain = await outputsFor(quantized, size, []);
    expect(plain.some((values) => values.some((value) => value !== 0))).toBe(true);
    for (const edits of [[group], [copy], [group, copy]]) {
      expect(await outputsFor(quantized, size, edits)).toEqual(plain);
    }
  }
});

Deno.test("pixels are grouped and grids copied where integers are, and nowhere else", async () => {
  const source = await readSource();
  const quantized = quantize(source);
  const floats = operations(source, INPUT, []);
  expect(operations(source, INPUT, [group, copy])).toEqual(floats);
  const edited = operations(quantized, INPUT, [group, copy]);
  expect(edited).not.toContain("Resize");
  expect(edited.slice(0, 4)).toEqual([
    "Reshape",
    "Transpose",
    "DequantizeLinear",
    "DequantizeLinear",
  ]);
  // An input whose width is no multiple of four pixels cannot be grouped.
  const odd = (model: OnnxModel) => {
    const dimension = model.graph.input[0]?.type.tensor_type.shape?.dim[2];
    if (dimension) dimension.dim_value = 646;
    groupPixels(model);
  };
  expect(operations(quantized, INPUT, [odd])).toContain("Cast");
});

Deno.test("a quantized detector whose pixels cannot be grouped is left as it is", async () => {
  const quantized = quantize(await readSource());
  const first = "/model.0/conv/Conv_output_0/weight";
  const cases: Record<string, Edit> = {
    "an input whose width is no multiple of four": ({ graph }) => {
      const dimension = graph.input[0]?.type.tensor_type.shape?.dim[2];
      if (dimension) dimension.dim_value = 646;
    },
    // As other quantizers write them.
    "weights of one scale for all channels": ({ graph }) => {
      for (const tensor of graph.initializer) {
        const bytes = { [`${first}/scale`]: 4, [`${first}/zero_point`]: 1 }[tensor.name];
        if (bytes === undefined) continue;
        tensor.dims = [];
        tensor.raw_data = tensor.raw_data.slice(0, bytes);
      }
    },
  };
  for (const [name, change] of Object.entries(cases)) {
    const changed = specialize(quantized, INPUT, [change]).model;
    const grouped = specialize(quantized, INPUT, [change, group]).model;
    expect([name, Buffer.compare(changed, grouped)]).toEqual([name, 0]);
  }
});

Deno.test("quantizeDetector names the tensor whose range is missing", async () => {
  const model = parseOnnx(await readSource());
  const layout = inspectDetector(model, INPUT);
  expect(() => quantizeDetector(model, layout, new Map())).toThrow(
    new RangeError("Cannot quantize /model.0/conv/Conv_output_0: its range is missing"),
  );
});

Deno.test("a head that cannot be parted, and operators that are too old, are refused with what would work", async () => {
  const model = parseOnnx(await readSource());
  const layout = inspectDetector(model, INPUT);
  expect(() => quantizedTensors(model, { ...layout, kind: "yolox" })).toThrow(
    new UnfitForQuantizingError(
      'Cannot quantize the model: its head is of the kind "yolox", and only "dfl" (YOLOv8 to 12) ' +
        "can be parted from its network",
    ),
  );
  for (const set of model.opset_import) set.version = 12;
  expect(() => quantizedTensors(model, layout)).toThrow(
    new UnfitForQuantizingError(
      "Cannot quantize the model: its operator set is 12; export it again with opset=13 or newer",
    ),
  );
});
