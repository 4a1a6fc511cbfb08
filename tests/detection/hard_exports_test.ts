import { expect } from "expect";
import { join } from "node:path";
import { Detector } from "../../lib/detection/detector.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import { loadDetector, prepareDetector } from "../../lib/models/specialized_model.ts";
import { type OnnxModel, parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import { ensureModel, readFixture } from "../pipeline/models.ts";
import { toFloat16 } from "./exports/float16_exports.ts";
import {
  constantExport,
  suppressed,
  transposed,
  withColumns,
  withNewHead,
  withOpenAxes,
} from "./exports/real_exports.ts";

const SIZE = { width: 640, height: 480 };
const SQUARE = { width: 640, height: 640 };
const DOG = { width: 768, height: 576 };

/** What a model finds on dog.jpg, each class by itself. */
async function detect(model: OnnxModel | string, size = SIZE): Promise<Detection[]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = typeof model === "string" ? model : join(folder, "model.onnx");
    if (typeof model !== "string") await Deno.writeFile(path, serializeOnnx(model));
    const choice = { size, confidence: 0.25, precision: "fp32" } as const;
    const graph = await loadDetector(await prepareDetector(path, choice));
    const detector = await Detector.create({ ...graph, threads: 2, confidence: 0.25, iou: 0.45 });
    const { input, pixels, fit } = detector;
    const options = { maxPixels: 1e6, fit };
    const place = await decodeLetterboxed(readFixture("dog.jpg"), input, pixels, options);
    const found = await detector.detect(place, { agnostic: false });
    await detector.release();
    return found;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

const source = async () => await Deno.readFile(await ensureModel());
const expected = ensureModel().then((path) => detect(path));

const SAME: Record<string, (bytes: Uint8Array) => OnnxModel> = {
  "the head of Ultralytics 8.4": withNewHead,
  "the head of 8.4, with dynamic axes": (bytes) => withOpenAxes(withNewHead(bytes)),
  "the head of 8.3, with dynamic axes": (bytes) => withOpenAxes(parseOnnx(bytes)),
  "the head of 8.4, with suppression in the graph": (bytes) => suppressed(withNewHead(bytes)),
  "the head of 8.3, with suppression in the graph": (bytes) => suppressed(parseOnnx(bytes)),
  "the head of 8.4, transposed": (bytes) => transposed(withNewHead(bytes)),
  "masks": (bytes) => withColumns(withNewHead(bytes), 32, { task: "segment" }),
  "a batch of 4": (bytes) => {
    const model = parseOnnx(bytes);
    const [batch] = model.graph.input[0]?.type.tensor_type.shape?.dim ?? [];
    if (batch !== undefined) batch.dim_value = 4;
    return model;
  },
  "16-bit floats": (bytes) => toFloat16(parseOnnx(bytes), "throughout"),
  "16-bit floats inside": (bytes) => toFloat16(parseOnnx(bytes), "inside"),
};

for (const [what, make] of Object.entries(SAME)) {
  Deno.test(`YOLOv8n with ${what} finds the same four objects, each once`, async () => {
    const found = await detect(make(await source()));
    // Constant columns hold it to the size of its export.
    const before = what === "masks" ? await detect(await ensureModel(), SQUARE) : await expected;
    expect(found.map(({ label }) => label)).toEqual(["dog", "bicycle", "car", "truck"]);
    found.forEach(({ confidence, bbox }, index) => {
      const other = before[index] as Detection;
      expect(Math.abs(confidence - other.confidence)).toBeLessThan(0.02);
      const far = bbox.map((side, place) => Math.abs(side - (other.bbox[place] ?? NaN)));
      expect(Math.max(...far)).toBeLessThan(what.startsWith("16-bit") ? 2 : 0.11);
    });
  });
}

Deno.test("keypoints are never taken for classes", async () => {
  const notes = { task: "pose", names: "{0: 'person'}", kpt_shape: "[17, 3]" };
  const model = withColumns(withNewHead(await source()), 51, notes);
  // There is no person on the picture.
  expect(await detect(model)).toEqual([]);
});

Deno.test("an angle is never taken for a class: it turns the boxes", async () => {
  const model = withColumns(withNewHead(await source()), 1, { task: "obb" });
  const found = await detect(model);
  expect(found.map(({ label }) => label)).toEqual(["dog", "bicycle", "car", "truck"]);
  for (const { polygon, confidence } of found) {
    expect(polygon).toHaveLength(4);
    expect(confidence).toBeLessThan(1);
  }
});

const inWidths = (share: number) => share * DOG.width;
const inHeights = (share: number) => share * DOG.height;

Deno.test("centre boxes in shares of the image are those of an RT-DETR, of two classes too", async () => {
  const boxes = [[.28, .66, .24, .55], [.75, .21, .28, .17]] as const;
  const bboxOf = ([x, y, width, height]: readonly [number, number, number, number]) => [
    ...[inWidths(x - width / 2), inHeights(y - height / 2)],
    ...[inWidths(width), inHeights(height)],
  ];
  const two = await detect(constantExport([1, 300, 6], (at) => {
    boxes[0].forEach((value, column) => at(0, column, value));
    boxes[1].forEach((value, column) => at(1, column, value));
    [[.9, .05], [.03, .8]].forEach((scores, row) =>
      scores.forEach((score, classId) => at(row, 4 + classId, score))
    );
  }, { names: "{0: 'cat', 1: 'mouse'}", task: "detect" }));
  expect(two.map(({ label, confidence }) => [label, confidence])).toEqual([
    ["cat", 0.9],
    ["mouse", 0.8],
  ]);
  two.forEach(({ bbox }, index) =>
    bboxOf(boxes[index] as (typeof boxes)[0]).forEach((side, place) => {
      expect(Math.abs(side - (bbox[place] ?? NaN))).toBeLessThan(0.1);
    })
  );
  const eighty = await detect(constantExport([1, 300, 84], (at) => {
    boxes[0].forEach((value, column) => at(0, column, value));
    at(0, 20, .9);
  }, { names: "{}", task: "detect" }));
  expect(eighty.map(({ label }) => label)).toEqual(["dog"]);
});

Deno.test("corners, score and class are read as such, whatever the number of rows", async () => {
  const names = { names: "{0: 'a', 1: 'b', 2: 'c'}" };
  const rows = [[100, 100, 200, 300, .9, 0], [102, 100, 200, 300, .85, 0], [
    400,
    100,
    500,
    300,
    .5,
    2,
  ]];
  const set = (at: (row: number, column: number, value: number) => void) =>
    rows.forEach((row, index) => row.forEach((value, column) => at(index, column, value)));
  // A network that chooses its boxes is believed.
  const chosen = await detect(constantExport([1, 300, 6], set, names));
  expect(chosen.map(({ label }) => label)).toEqual(["a", "a", "c"]);
  // As many boxes as cells are not chosen yet.
  const all = await detect(constantExport([1, CELLS, 6], set, names));
  expect(all.map(({ label }) => label)).toEqual(["a", "c"]);
});

const CELLS = 8400;

Deno.test("names are those that the model has, exactly, in whatever form", async () => {
  const written = `{0: "driver's cab", 1: 'say "hi"', 2: 'naïve café 车牌'}`;
  for (const names of [written, `["driver's cab", "say \\"hi\\"", "naïve café 车牌"]`]) {
    const found = await detect(constantExport([1, 7, CELLS], (at) => {
      for (let each = 0; each < 3; each++) {
        [100 + 200 * each, 320, 50, 50].forEach((side, row) => at(row, each, side));
        at(4 + each, each, .8 - .1 * each);
      }
    }, { names }));
    expect(found.map(({ label }) => label)).toEqual([
      "driver's cab",
      'say "hi"',
      "naïve café 车牌",
    ]);
  }
});

Deno.test("a table that may hold two things is refused with both", async () => {
  const two = constantExport([1, CELLS, 6], () => {}, { names: "['a', 'b']" });
  await expect(detect(two)).rejects.toThrow(
    "its output output0 [1, 8400, 6] may hold boxes and scores or corners, score and class;",
  );
});

Deno.test("scores that are none are refused", async () => {
  const wrong = constantExport([1, 300, 6], (at) => at(0, 4, 640), { names: "['a', 'b', 'c']" });
  await expect(detect(wrong)).rejects.toThrow("its scores reach 640.0");
});

Deno.test("boxes that were decoded already are not decoded again", async () => {
  // With nothing in the graph that tells, it looks like a YOLOX without its decoder.
  const decoded = constantExport([1, CELLS, 85], (at) => {
    [320, 320, 100, 200, 1].forEach((value, column) => at(0, column, value));
    at(0, 5, .9);
  }, {});
  await expect(detect(decoded)).rejects.toThrow("its boxes reach beyond 1000000 pixels");
});

Deno.test("columns of a task are not taken for classes where nothing tells how many there are", async () => {
  const masks = constantExport([1, 116, CELLS], () => {}, { task: "segment" });
  await expect(detect(masks)).rejects.toThrow("its outputs have unknown shapes: output0");
});
