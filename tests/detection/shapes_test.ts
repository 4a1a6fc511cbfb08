import { expect } from "expect";
import { join } from "node:path";
import { Detector } from "../../lib/detection/detector.ts";
import { fitLetterbox } from "../../lib/image/letterbox.ts";
import { loadDetector, prepareDetector } from "../../lib/models/specialized_model.ts";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { type OnnxModel, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { Point } from "../../lib/protocol/geometry.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { yolov5Export } from "./exports/other_exports.ts";
import { yolov8Export } from "./exports/yolov8_exports.ts";

const SIZE = { width: 96, height: 64 };
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
  expect(ours).toHaveLength(Math.min(300, plain.rows.length));
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

/** Fineness of plain masks: places an input pixel along each axis. */
const FINE = 2;
const [COLUMNS, ROWS] = [SIZE.width * FINE, SIZE.height * FINE];

/** A mask as Ultralytics makes it: prototypes are enlarged, summed up, cut at 0 and at the box. */
function plainMask(extras: number[], { data, dims }: Tensor, box: number[]): Uint8Array {
  const [, count = 0, rows = 0, columns = 0] = dims;
  const [left, top, right, bottom] = sidesOf(box);
  const at = (index: number, x: number, y: number) => {
    const [u, v] = [clip(x, columns - 1), clip(y, rows - 1)];
    const [c, r] = [Math.floor(u), Math.floor(v)];
    const value = (column: number, row: number) =>
      Number(
        data[(index * rows + Math.min(row, rows - 1)) * columns + Math.min(column, columns - 1)],
      );
    const upper = value(c, r) * (1 - u + c) + value(c + 1, r) * (u - c);
    const lower = value(c, r + 1) * (1 - u + c) + value(c + 1, r + 1) * (u - c);
    return upper * (1 - v + r) + lower * (v - r);
  };
  return Uint8Array.from({ length: COLUMNS * ROWS }, (_, place) => {
    const [x, y] = [(place % COLUMNS + 0.5) / FINE, (Math.floor(place / COLUMNS) + 0.5) / FINE];
    if (x < left || x > right || y < top || y > bottom) return 0;
    const [u, v] = [x * columns / SIZE.width - 0.5, y * rows / SIZE.height - 0.5];
    const sum = extras.slice(0, count).reduce(
      (total, each, index) => total + each * at(index, u, v),
      0,
    );
    return sum > 0 ? 1 : 0;
  });
}

/** Numbers the connected parts of what passes a test, from 1. */
function parts(test: (place: number) => boolean): { numbers: Int32Array; sizes: number[] } {
  const numbers = new Int32Array(COLUMNS * ROWS);
  const sizes = [0];
  for (let start = 0; start < numbers.length; start++) {
    if (numbers[start] !== 0 || !test(start)) continue;
    const pending = [start];
    numbers[start] = sizes.length;
    let size = 0;
    for (let place = pending.pop(); place !== undefined; place = pending.pop(), size++) {
      const column = place % COLUMNS;
      for (
        const [next, isThere] of [
          [place - 1, column > 0],
          [place + 1, column < COLUMNS - 1],
          [place - COLUMNS, true],
          [place + COLUMNS, true],
        ] as const
      ) {
        if (!isThere || numbers[next] !== 0 || !test(next)) continue;
        numbers[next] = sizes.length;
        pending.push(next);
      }
    }
    sizes.push(size);
  }
  return { numbers, sizes };
}

/** The largest part of a mask, without its holes. */
function largestPart(mask: Uint8Array): Uint8Array {
  const { numbers, sizes } = parts((place) => mask[place] === 1);
  if (sizes.length === 1) return mask;
  const most = sizes.indexOf(Math.max(...sizes));
  const outside = parts((place) => numbers[place] !== most);
  const open = new Set<number>();
  outside.numbers.forEach((number, place) => {
    const [column, row] = [place % COLUMNS, Math.floor(place / COLUMNS)];
    if ([0, COLUMNS - 1].includes(column) || [0, ROWS - 1].includes(row)) open.add(number);
  });
  return Uint8Array.from(
    numbers,
    (number, place) => number === most || !open.has(outside.numbers[place] ?? 0) ? 1 : 0,
  );
}

function fill(polygon: readonly Point[]): Uint8Array {
  return Uint8Array.from({ length: COLUMNS * ROWS }, (_, place) => {
    const [x, y] = [(place % COLUMNS + 0.5) / FINE, (Math.floor(place / COLUMNS) + 0.5) / FINE];
    return polygon.filter(([ax, ay], index) => {
      const [bx, by] = polygon[(index + 1) % polygon.length] as Point;
      return (ay > y) !== (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay);
    }).length % 2;
  });
}

/** Whether there is a square of places, more than one pixel of the input wide, in which two masks differ throughout. */
function differDeeply(a: Uint8Array, b: Uint8Array): boolean {
  const side = FINE + 1;
  for (let row = 0; row + side <= ROWS; row++) {
    for (let column = 0; column + side <= COLUMNS; column++) {
      const places = Array.from(
        { length: side * side },
        (_, index) => (row + Math.floor(index / side)) * COLUMNS + column + index % side,
      );
      if (places.every((place) => a[place] !== b[place])) return true;
    }
  }
  return false;
}

/** Whether two masks are the same but for places along their outlines. */
function agree(a: Uint8Array, b: Uint8Array): boolean {
  const both = a.filter((value, place) => value & (b[place] ?? 0)).length;
  const either = a.filter((value, place) => value | (b[place] ?? 0)).length;
  return !differDeeply(a, b) && (either < LEAST_PLACES || both / either > 0.9);
}

/** Places that a mask has to have for outlines to be the lesser part of it. */
const LEAST_PLACES = 200;

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
  Deno.test(`masks are the largest part of those of the export, ${name}`, async () => {
    const { plain, ours } = await find(model, layout);
    let compared = 0;
    for (const { mask = [], confidence, bbox: [x, y, w, h] } of ours) {
      expect(mask.length).toBeLessThanOrEqual(200);
      const rows = plain.rows.filter(({ score, box }) =>
        Math.abs(score - confidence) <= 0.001 &&
        distance([x, y, x + w, y + h], sidesOf(box)) <= 0.11
      );
      const isSame = rows.some(({ extras, box }) => {
        const part = largestPart(plainMask(extras, plain.prototypes as Tensor, box));
        return agree(part, fill(mask));
      });
      expect(isSame).toBe(true);
      if (mask.length > 4) compared++;
    }
    expect(compared).toBeGreaterThan(2);
  });
}
