import { expect } from "expect";
import { join } from "node:path";
import { Detector } from "../../lib/detection/detector.ts";
import { fitLetterbox } from "../../lib/image/letterbox.ts";
import { loadDetector, prepareDetector } from "../../lib/models/specialized_model.ts";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { type OnnxModel, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { Corners } from "../../lib/image/boxes.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { yolov5Export } from "./exports/other_exports.ts";
import { yolov8Export } from "./exports/yolov8_exports.ts";
import { largestParts, outlineDistance, plainMask } from "./plain_masks.ts";

const SIZE = { width: 96, height: 64 };
const WHOLE = {
  size: SIZE,
  content: { left: 0, top: 0, right: SIZE.width, bottom: SIZE.height },
};
const CONFIDENCE = 0.3;
const CLASSES = 3;

/** What an export finds by itself: of each box above the threshold its columns, and the prototypes. */
interface PlainObjects {
  rows: { box: number[]; score: number; classId: number; extras: number[] }[];
  prototypes: Tensor | undefined;
}

/** Runs an export, and reads its table, each row `[box, scores, extras]`, with objectness before the scores or without. */
async function findPlain(model: Uint8Array, pixels: Uint8Array, layout: Layout) {
  const network = await InferenceSession.create(model, { logSeverityLevel: 4 });
  const area = SIZE.width * SIZE.height;
  const planes = new Float32Array(3 * area);
  pixels.forEach((value, index) => {
    planes[index % 3 * area + Math.floor(index / 3)] = value / 255;
  });
  const fetched = await network.run({
    images: new Tensor("float32", planes, [1, 3, SIZE.height, SIZE.width]),
  }) as Record<string, Tensor>;
  const { data, dims } = fetched.output0 as Tensor;
  const isRows = layout !== "columns";
  const [count = 0, length = 0] = isRows ? dims.slice(1) : dims.slice(1).toReversed();
  const found: PlainObjects = { rows: [], prototypes: fetched.output1 };
  for (let row = 0; row < count; row++) {
    const values = Array.from(
      { length },
      (_, column) => Number(data[isRows ? row * length + column : column * count + row]),
    );
    const first = layout === "objectness" ? 5 : 4;
    const scores = values.slice(first, first + CLASSES);
    const best = Math.max(...scores);
    const score = layout === "objectness" ? best * (values[4] ?? 0) : best;
    if (score <= CONFIDENCE) continue;
    const extras = values.slice(first + CLASSES);
    found.rows.push({ box: values.slice(0, 4), score, classId: scores.indexOf(best), extras });
  }
  await network.release();
  return found;
}

type Layout = "columns" | "rows" | "objectness";

/** What the program finds, of all boxes of a class that overlap, too. */
async function findOurs(model: Uint8Array, pixels: Uint8Array): Promise<Detection[]> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "export.onnx");
    await Deno.writeFile(path, model);
    const choice = { size: SIZE, confidence: CONFIDENCE, precision: "fp32" } as const;
    const graph = await loadDetector(await prepareDetector(path, choice));
    const detector = await Detector.create({
      ...graph,
      threads: 1,
      confidence: CONFIDENCE,
      iou: 1,
    });
    detector.pixels.set(pixels);
    const found = await detector.detect(fitLetterbox(SIZE, SIZE), { agnostic: false });
    await detector.release();
    return found;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function find(model: OnnxModel, layout: Layout = "columns") {
  const random = createRandom(11);
  const { width, height } = SIZE;
  const pixels = Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
  const bytes = serializeOnnx(model);
  const plain = await findPlain(bytes, pixels, layout);
  const ours = await findOurs(bytes, pixels);
  expect(ours.length).toBeGreaterThan(2);
  plain.rows = plain.rows.toSorted((a, b) => b.score - a.score).slice(0, 300);
  return { plain, ours };
}

const clip = (value: number, most: number) => Math.min(Math.max(value, 0), most);

/** The sides of an upright box, within the image. */
function sidesOf([x = 0, y = 0, w = 0, h = 0]: number[]): [number, number, number, number] {
  return [
    clip(x - w / 2, SIZE.width),
    clip(y - h / 2, SIZE.height),
    clip(x + w / 2, SIZE.width),
    clip(y + h / 2, SIZE.height),
  ];
}

function cornersOf([x = 0, y = 0, w = 0, h = 0]: number[]): Corners {
  return { left: x - w / 2, top: y - h / 2, right: x + w / 2, bottom: y + h / 2 };
}

/** How far two lists of numbers are apart. */
function distance(a: readonly number[], b: readonly number[]): number {
  expect(a).toHaveLength(b.length);
  return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? NaN))));
}

const VERSIONS = ["8.3", "8.4"] as const;

for (const version of VERSIONS) {
  for (const end of [undefined, "transposed"] as const) {
    const layout = end === undefined ? "columns" : "rows";
    Deno.test(`keypoints are those of the export, ${layout} of ${version}`, async () => {
      const metadata = { task: "pose", kpt_shape: "[2, 3]" };
      const options = { version, extra: "keypoints", metadata, ...(end && { end }) } as const;
      const { plain, ours } = await find(yolov8Export(options), layout);
      expect(ours).toHaveLength(plain.rows.length);
      for (const { keypoints = [], confidence, bbox: [x, y, w, h] } of ours) {
        expect(keypoints).toHaveLength(2);
        const isSame = plain.rows.some((row) => {
          const expected = row.extras.map((value, index) =>
            clip(value, [SIZE.width, SIZE.height, 1][index % 3] ?? 0)
          );
          return Math.abs(row.score - confidence) <= 0.001 &&
            distance([x, y, x + w, y + h], sidesOf(row.box)) <= 0.11 &&
            distance(keypoints.flat(), expected) <= 0.051;
        });
        expect(isSame).toBe(true);
      }
    });

    Deno.test(`turned boxes are those of the export, ${layout} of ${version}`, async () => {
      const metadata = { task: "obb" };
      const options = { version, extra: "angle", metadata, ...(end && { end }) } as const;
      const { plain, ours } = await find(yolov8Export(options), layout);
      expect(ours).toHaveLength(plain.rows.length);
      for (const { polygon = [], confidence, bbox } of ours) {
        const isSame = plain.rows.some(({ box, score, extras: [angle = 0] }) => {
          const [x = 0, y = 0, w = 0, h = 0] = box;
          const corners = [[w, h], [w, -h], [-w, -h], [-w, h]].map(([along = 0, across = 0]) => [
            x + Math.cos(angle) * along / 2 - Math.sin(angle) * across / 2,
            y + Math.sin(angle) * along / 2 + Math.cos(angle) * across / 2,
          ]);
          return Math.abs(score - confidence) <= 0.001 &&
            distance(polygon.flat(), corners.flat()) <= 0.1;
        });
        expect(isSame).toBe(true);
        const [left, top, width, height] = bbox;
        const xs = polygon.map(([x]) => clip(x, SIZE.width));
        const ys = polygon.map(([, y]) => clip(y, SIZE.height));
        expect(distance([left, left + width], [Math.min(...xs), Math.max(...xs)])).toBeLessThan(
          0.11,
        );
        expect(distance([top, top + height], [Math.min(...ys), Math.max(...ys)])).toBeLessThan(
          0.11,
        );
      }
    });
  }
}

const MASKS: Record<string, [OnnxModel, Layout]> = {
  "Ultralytics 8.3": [
    yolov8Export({ version: "8.3", extra: "masks", metadata: { task: "segment" } }),
    "columns",
  ],
  "Ultralytics 8.4": [yolov8Export({ extra: "masks", metadata: { task: "segment" } }), "columns"],
  "Ultralytics 8.4, transposed": [
    yolov8Export({ extra: "masks", end: "transposed", metadata: { task: "segment" } }),
    "rows",
  ],
  "YOLOv5": [yolov5Export({ masks: 4 }), "objectness"],
};

for (const [name, [model, layout]] of Object.entries(MASKS)) {
  Deno.test(`masks are within a pixel of the largest part of Ultralytics' own, ${name}`, async () => {
    const { plain, ours } = await find(model, layout);
    const objects = plain.rows.map(({ box, score, extras }) => {
      const whole = { box: cornersOf(box), size: SIZE };
      const mask = plainMask(extras, plain.prototypes as Tensor, whole);
      return { score, sides: sidesOf(box), parts: largestParts(mask, WHOLE) };
    }).filter(({ parts }) => parts.length > 0);
    expect(ours).toHaveLength(objects.length);
    for (const { mask = [], confidence, bbox: [x, y, w, h] } of ours) {
      expect(mask.length).toBeGreaterThan(2);
      expect(mask.length).toBeLessThanOrEqual(200);
      const distances = objects.filter(({ score, sides }) =>
        Math.abs(score - confidence) <= 0.001 && distance([x, y, x + w, y + h], sides) <= 0.11
      ).flatMap(({ parts }) => parts.map((part) => outlineDistance(mask, part, WHOLE)));
      expect(Math.min(...distances)).toBeLessThanOrEqual(1);
    }
  });
}
