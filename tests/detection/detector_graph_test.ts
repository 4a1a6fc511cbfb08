import type { DetectorLayout, Preprocessing } from "../../lib/onnx/detector_layout.ts";
import { expect } from "expect";
import { Buffer } from "node:buffer";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { decodeYolo } from "../../lib/detection/decode_yolo.ts";
import { UnknownHeadError } from "../../lib/onnx/errors.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import type { Candidate } from "../../lib/detection/non_maximum_suppression.ts";
import {
  inspectDetector,
  inspectUncutDetector,
  specializeDetector,
} from "../../lib/detection/detector_graph.ts";
import {
  dimensions,
  type OnnxModel,
  type OnnxNode,
  parseOnnx,
  serializeOnnx,
  valueInfo,
} from "../../lib/onnx/onnx_schema.ts";
import { ensureModel, readFixture } from "../pipeline/models.ts";

const SQUARE = { width: 640, height: 640 };

async function readModel(id?: string): Promise<Uint8Array> {
  return await Deno.readFile(await ensureModel(id));
}

async function run(model: Uint8Array, input: Tensor, outputs?: string[]) {
  const session = await InferenceSession.create(model);
  try {
    const fetched = await session.run({ [session.inputNames[0] ?? ""]: input });
    return (outputs ?? [...session.outputNames]).map((name) => {
      const { data, dims } = fetched[name] as Tensor;
      return { data: data as Float32Array, dims };
    });
  } finally {
    await session.release();
  }
}

/** Puts `pixels` into the form that the uncut network takes. */
function toPlanes(
  pixels: Uint8Array,
  { width, height }: { width: number; height: number },
): Tensor {
  const area = width * height;
  const planes = new Float32Array(3 * area);
  pixels.forEach((value, index) => {
    planes[(index % 3) * area + Math.floor(index / 3)] = value / 255;
  });
  return new Tensor("float32", planes, [1, 3, height, width]);
}

/** A Clip without bounds between each Reshape and its Concat hides the head, so that it is not cut. */
function hideHead(model: OnnxModel): OnnxModel {
  const node: OnnxNode[] = [];
  for (const each of model.graph.node) {
    node.push(each);
    const [name = ""] = each.output;
    if (each.op_type !== "Reshape") continue;
    each.output = [`${name}/hidden`];
    node.push({ op_type: "Clip", name: "", input: each.output, output: [name], attribute: [] });
  }
  model.graph.node = node;
  return model;
}

/** A model with nothing but an input and an output, and the operator set of the real one. */
async function emptyModel(input: number[], output: number[]): Promise<OnnxModel> {
  const model = parseOnnx(await readModel());
  model.metadata_props = [];
  model.graph.initializer = [];
  model.graph.value_info = [];
  model.graph.node = [
    { op_type: "Identity", name: "", input: ["image"], output: ["result"], attribute: [] },
  ];
  model.graph.input = [valueInfo("image", 1, input)];
  model.graph.output = [valueInfo("result", 1, output)];
  return model;
}

Deno.test("cut and uncut graphs give the same boxes and scores for the same image", async () => {
  const source = await readModel();
  const layout = inspectDetector(parseOnnx(source), SQUARE);
  const pixels = new Uint8Array(640 * 640 * 3);
  for (const name of ["dog.jpg", "person.jpg", "horses.jpg"]) {
    await decodeLetterboxed(readFixture(name), SQUARE, pixels, { maxPixels: 1e6 });
    const uncut = await run(source, toPlanes(pixels, SQUARE));
    const cut = await run(
      specializeDetector(parseOnnx(source), layout),
      new Tensor("uint8", pixels, [1, 640, 640, 3]),
      layout.outputs,
    );
    const threshold = 0.05;
    const expected = decodeYolo(uncut, { ...layout, kind: "yolov8" }, threshold);
    const found = decodeYolo(cut, layout, threshold - 1e-3);
    expect(expected.length).toBeGreaterThan(20);
    for (const candidate of expected) {
      const nearest = Math.min(...found.map((other) => difference(candidate, other)));
      expect(nearest).toBeLessThan(1e-3);
    }
  }
});

/** Largest difference of two candidates: scores as they are, corners as shares of the input's side. */
function difference(a: Candidate, b: Candidate): number {
  if (a.classId !== b.classId) return Infinity;
  const corners = (["left", "top", "right", "bottom"] as const).map((side) =>
    (a[side] - b[side]) / 640
  );
  return Math.max(Math.abs(a.score - b.score), ...corners.map(Math.abs));
}

Deno.test("inspectDetector cuts the head of YOLOv8 by its structure, whatever its tensors are called", async () => {
  const model = parseOnnx(await readModel());
  const rename = (name: string) => name && `renamed ${name}`;
  for (const node of model.graph.node) {
    node.input = node.input.map(rename);
    node.output = node.output.map(rename);
  }
  for (const named of [...model.graph.initializer, ...model.graph.input, ...model.graph.output]) {
    named.name = rename(named.name);
  }
  const layout = inspectDetector(model, { width: 512, height: 384 });
  expect(layout).toMatchObject({ kind: "dfl", input: { width: 512, height: 384 } });
  const last = (branch: string) => `renamed /model.22/${branch}/${branch}.2/Conv_output_0`;
  expect(layout.outputs).toEqual(
    [0, 1, 2].flatMap((grid) => [last(`cv2.${grid}`), last(`cv3.${grid}`)]),
  );
});

Deno.test("a specialized graph takes bytes and gives boxes and classes of three grids of its rectangular input", async () => {
  const model = parseOnnx(await readModel());
  const layout = inspectDetector(model, { width: 512, height: 384 });
  const bytes = specializeDetector(model, layout);
  const session = await InferenceSession.create(bytes);
  const shapes = [...session.inputMetadata, ...session.outputMetadata].map((value) =>
    value.isTensor ? [value.type, ...value.shape] : []
  );
  await session.release();
  expect(shapes).toEqual([
    ["uint8", 1, 384, 512, 3],
    ["float32", 1, 64, 48, 64],
    ["float32", 1, 80, 48, 64],
    ["float32", 1, 64, 24, 32],
    ["float32", 1, 80, 24, 32],
    ["float32", 1, 64, 12, 16],
    ["float32", 1, 80, 12, 16],
  ]);
});

Deno.test("a specialized graph holds nothing that its outputs do not need", async () => {
  const model = parseOnnx(await readModel());
  const bytes = specializeDetector(model, inspectDetector(model, SQUARE));
  const { graph } = parseOnnx(bytes);
  const used = new Set([
    ...graph.node.flatMap((node) => node.input),
    ...graph.output.map((output) => output.name),
  ]);
  expect(graph.initializer.filter((tensor) => !used.has(tensor.name))).toEqual([]);
  expect(graph.node.filter((node) => !node.output.some((name) => used.has(name)))).toEqual([]);
  expect(graph.node.some((node) => node.op_type === "Softmax")).toBe(false);
  expect(graph.value_info).toEqual([]);
});

Deno.test("a model that is parsed and written again has lost no byte", async () => {
  const source = await readModel();
  const written = serializeOnnx(parseOnnx(source));
  // Fields that are not declared move behind the others, so the order may differ.
  expect(Buffer.compare(written.sort(), source.sort())).toBe(0);
});

Deno.test("inspectDetector reads the class names of the model", async () => {
  const { labels } = inspectDetector(parseOnnx(await readModel()), SQUARE);
  expect(labels).toHaveLength(80);
  expect([labels[0], labels[16], labels[79]]).toEqual(["person", "dog", "toothbrush"]);
});

Deno.test("inspectDetector copes with quotes in class names and names missing ones by number", async () => {
  const model = await emptyModel([1, 3, 64, 64], [1, 7, 84]);
  model.metadata_props = [{ key: "names", value: `{0: "driver's cab", 2: 'a: b'}` }];
  expect(inspectDetector(model, SQUARE).labels).toEqual(["driver's cab", "class_1", "a: b"]);
});

Deno.test("inspectDetector falls back to COCO's names for 80 classes, and to numbers otherwise", async () => {
  const coco = inspectDetector(await emptyModel([1, 3, 64, 64], [1, 84, 84]), SQUARE);
  expect(coco.labels[16]).toBe("dog");
  const own = inspectDetector(await emptyModel([1, 3, 64, 64], [1, 6, 84]), SQUARE);
  expect(own.labels).toEqual(["class_0", "class_1"]);
});

for (
  const { kind, output, version } of [
    { kind: "yolov8", output: [1, 84, 84], version: "YOLOv8 without a head to cut" },
    { kind: "yolov5", output: [1, 252, 85], version: "YOLOv5" },
    { kind: "yolox", output: [1, 84, 85], version: "YOLOX" },
    { kind: "end2end", output: [1, 300, 6], version: "YOLOv10" },
  ]
) {
  Deno.test(`inspectDetector recognizes the outputs of ${version} and keeps the model's own size`, async () => {
    const layout = inspectDetector(await emptyModel([1, 3, 64, 64], output), SQUARE);
    expect(layout).toMatchObject({
      kind,
      input: { width: 64, height: 64 },
      suppressed: kind === "end2end",
      outputs: ["result"],
    });
  });
}

Deno.test("inspectDetector refuses a model that is no detector, and names its outputs", async () => {
  const model = parseOnnx(await readModel("ch_PP-OCRv4_det"));
  const [output] = model.graph.output;
  const shape = output === undefined ? [] : dimensions(output);
  expect(() => inspectDetector(model, SQUARE)).toThrow(UnknownHeadError);
  expect(() => inspectDetector(model, SQUARE)).toThrow(`[${shape.join(", ")}]`);
});

Deno.test("parseOnnx refuses bytes that are no model", () => {
  expect(() => parseOnnx(new TextEncoder().encode("<html>not found</html>"))).toThrow(TypeError);
  expect(() => parseOnnx(new Uint8Array())).toThrow(TypeError);
});

const PIXELS = new Uint8Array([255, 51, 0, 0, 102, 255]);

async function runPrefix(preprocessing?: Preprocessing): Promise<number[]> {
  const model = await emptyModel([1, 3, 1, 2], [1, 3, 1, 2]);
  const input = { width: 2, height: 1 };
  const layout: DetectorLayout = {
    ...{ kind: "dfl", input, labels: [], suppressed: false, outputs: ["result"] },
    ...(preprocessing && { preprocessing }),
  };
  const pixels = new Tensor("uint8", PIXELS, [1, 1, 2, 3]);
  const [output] = await run(specializeDetector(model, layout), pixels);
  return Array.from(output?.data ?? []);
}

Deno.test("a specialized graph feeds red, green, blue from 0 to 1", async () => {
  const values = await runPrefix();
  expect(values.map((value) => Math.round(value * 255))).toEqual([255, 0, 51, 102, 0, 255]);
  expect(Math.max(...values)).toBeCloseTo(1);
});

Deno.test("a specialized graph feeds YOLOX blue, green, red from 0 to 255", async () => {
  const model = await emptyModel([1, 3, 64, 64], [1, 84, 85]);
  const { preprocessing } = inspectDetector(model, SQUARE);
  expect(await runPrefix(preprocessing)).toEqual([0, 255, 51, 102, 255, 0]);
});

Deno.test("a specialized graph takes the mean from each colour, and divides by its deviation", async () => {
  const colours = { mean: [5, 2, 1], deviation: [10, 5, 2] } as const;
  const rgb = await runPrefix({ fit: "stretch", order: "rgb", ...colours });
  expect(rgb.map((value) => Math.round(value * 10) / 10)).toEqual([25, -0.5, 9.8, 20, -0.5, 127]);
  const bgr = await runPrefix({ fit: "stretch", order: "bgr", ...colours });
  expect(bgr.map((value) => Math.round(value * 10) / 10)).toEqual([-0.5, 127, 9.8, 20, 25, -0.5]);
});

Deno.test("a head that cannot be cut is read as it is, with the same boxes", async () => {
  const source = await readModel();
  const model = hideHead(parseOnnx(source));
  const layout = inspectDetector(model, { width: 512, height: 384 });
  expect(layout).toMatchObject({ kind: "yolov8", input: SQUARE });
  const pixels = new Uint8Array(640 * 640 * 3);
  await decodeLetterboxed(readFixture("dog.jpg"), SQUARE, pixels, { maxPixels: 1e6 });
  const input = new Tensor("uint8", pixels, [1, 640, 640, 3]);
  const found = decodeYolo(await run(specializeDetector(model, layout), input), layout, 0.25);
  const uncut = await run(source, toPlanes(pixels, SQUARE));
  const expected = decodeYolo(uncut, layout, 0.25);
  expect(found).toHaveLength(expected.length);
  found.forEach((box, index) => {
    expect(difference(box, expected[index] as Candidate)).toBeLessThan(1e-3);
  });
});

Deno.test("an uncut detector is read by its own outputs, at the size of its export", async () => {
  const layout = inspectUncutDetector(parseOnnx(await readModel()), { width: 320, height: 256 });
  expect(layout).toMatchObject({ kind: "yolov8", input: SQUARE, outputs: ["output0"] });
  expect(layout.labels).toHaveLength(80);
});

Deno.test("an uncut detector that gives more than boxes and classes is read by its grids", async () => {
  const model = parseOnnx(await readModel());
  model.graph.output = [valueInfo("output0", 1, [1, 116, 8400])];
  const layout = inspectUncutDetector(model, SQUARE);
  expect([layout.kind, layout.outputs.length]).toEqual(["dfl", 6]);
});
