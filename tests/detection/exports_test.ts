import { expect } from "expect";
import { join } from "node:path";
import { decodeYolo } from "../../lib/detection/decode_yolo.ts";
import { type Candidate, suppressNonMaxima } from "../../lib/detection/non_maximum_suppression.ts";
import type { Size } from "../../lib/image/size.ts";
import { loadDetector, loadUncut, prepareDetector } from "../../lib/models/specialized_model.ts";
import type { DetectorLayout } from "../../lib/onnx/detector_layout.ts";
import { InferenceSession, Tensor } from "../../lib/onnx/onnxruntime.ts";
import { parseOnnx, serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { createRandom } from "../streaming/mutate_frame.ts";
import { READ, type ReadRow } from "./exports/export_rows.ts";
import { plainDecode, type PlainOutput } from "./exports/plain_decode.ts";
import { REFUSED } from "./exports/refused_rows.ts";

const SIZE = { width: 96, height: 64 };
const CONFIDENCE = 0.3;
/** How far boxes and scores may be from those of a plain decode. */
const NEAR = { pixels: 0.1, score: 0.001 };
const SUPPRESSION = 0.45;

const session = { logSeverityLevel: 4 } as const;

/** Writes an export into a folder of its own for a test. */
async function withExport(bytes: Uint8Array, test: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    const path = join(folder, "export.onnx");
    await Deno.writeFile(path, bytes);
    await test(path);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** The export as the program runs it. */
async function load(path: string, size: Size) {
  const choice = { size, confidence: CONFIDENCE, precision: "fp32" } as const;
  return await loadDetector(await prepareDetector(path, choice));
}

function noise({ width, height }: Size): Uint8Array {
  const random = createRandom(11);
  return Uint8Array.from({ length: width * height * 3 }, () => random() * 256);
}

/** The image as the network was trained on: planes of floats. */
function toPlanes(pixels: Uint8Array, { colours }: ReadRow): Float32Array {
  const area = pixels.length / 3;
  const [mean, deviation] = colours === "imagenet"
    ? [[123.675, 116.28, 103.53], [58.395, 57.12, 57.375]]
    : [[0, 0, 0], Array(3).fill(colours === "bgr" ? 1 : 255)];
  const planes = new Float32Array(pixels.length);
  pixels.forEach((value, index) => {
    const channel = index % 3;
    const plane = colours === "bgr" ? 2 - channel : channel;
    planes[plane * area + Math.floor(index / 3)] = (value - (mean[channel] ?? 0)) /
      (deviation[channel] ?? 1);
  });
  return planes;
}

/** Runs the export itself, and reads what it gives as it is described. */
async function runPlain(bytes: Uint8Array, row: ReadRow, pixels: Uint8Array, size: Size) {
  const network = await InferenceSession.create(bytes, session);
  const { batch = 1, classes = 3 } = row;
  const planes = toPlanes(pixels, row);
  const whole = new Float32Array(planes.length * batch);
  for (let image = 0; image < batch; image++) whole.set(planes, image * planes.length);
  const shape = [batch, 3, size.height, size.width];
  const feeds: Record<string, Tensor> = {
    images: new Tensor("float32", whole, shape),
  };
  if (network.inputNames.includes("orig_target_sizes")) {
    const sides = BigInt64Array.of(BigInt(size.width), BigInt(size.height));
    feeds.orig_target_sizes = new Tensor("int64", sides, [1, 2]);
  }
  const fetched = await network.run(feeds) as Record<string, Tensor>;
  const names = row.plain === "logits" ? boxesFirst(network.outputNames) : network.outputNames;
  const outputs = names.map((name): PlainOutput => {
    const { data, dims } = fetched[name] as Tensor;
    return { data: Float32Array.from(data as Float32Array, Number), dims };
  });
  await network.release();
  return plainDecode(outputs, { kind: row.plain, classes, ...size }, CONFIDENCE);
}

function boxesFirst(names: readonly string[]): string[] {
  return [...names].sort((a) => a === "pred_boxes" || a === "dets" ? -1 : 1);
}

async function runOurs(model: Uint8Array, layout: DetectorLayout, pixels: Uint8Array) {
  const network = await InferenceSession.create(model, session);
  const { width, height } = layout.input;
  const feed = new Tensor("uint8", pixels, [1, height, width, 3]);
  const fetched = await network.run({ [network.inputNames[0] ?? ""]: feed }) as Record<
    string,
    Tensor
  >;
  await network.release();
  const outputs = layout.outputs.map((name) => {
    const { data, dims } = fetched[name] as Tensor;
    return { data: data as Float32Array, dims };
  });
  return decodeYolo(outputs, layout, CONFIDENCE);
}

/** The boxes of `some` that none of `others` is near to. */
function missing(some: readonly Candidate[], others: readonly Candidate[], row: ReadRow) {
  const near: NonNullable<ReadRow["near"]> = row.near ?? NEAR;
  const isNear = (a: Candidate, b: Candidate) =>
    (a.classId === b.classId || near.isAnyClass) && Math.abs(a.score - b.score) <= near.score &&
    (["left", "top", "right", "bottom"] as const)
      .every((side) => Math.abs(a[side] - b[side]) <= near.pixels);
  return some.filter((each) =>
    // What lies at the threshold may be on either side of it.
    each.score > CONFIDENCE + near.score && !others.some((other) => isNear(each, other))
  );
}

for (const row of READ) {
  Deno.test(`an export is read as it is described: ${row.name}`, async () => {
    const bytes = serializeOnnx(row.build());
    await withExport(bytes, async (path) => {
      const { layout, model } = await load(path, row.size ?? SIZE);
      expect(layout).toMatchObject({
        kind: row.kind,
        suppressed: row.suppressed ?? false,
        input: row.input ?? SIZE,
      });
      expect(layout.labels).toHaveLength(row.classes ?? 3);
      const pixels = noise(layout.input);
      const ours = await runOurs(model, layout, pixels);
      // An export that is held to a size is asked at that, whatever ours works at.
      const own = (await loadUncut(path, layout.input)).layout.input;
      const compared = own.width === layout.input.width && own.height === layout.input.height
        ? ours
        : await atSize(path, own);
      const asked = row.compared === undefined ? bytes : serializeOnnx(row.compared());
      const plain = await runPlain(asked, row, noise(own), own);
      expect(plain.length).toBeGreaterThan(2);
      if (row.plain === "final" && row.name.includes("nms=True")) {
        const kept = suppressNonMaxima(compared, SUPPRESSION);
        expect(missing(plain, kept, row)).toEqual([]);
        expect(missing(kept, plain, row)).toEqual([]);
        return;
      }
      expect(missing(plain, compared, row)).toEqual([]);
      // Those that choose their boxes leave some out.
      if (!row.suppressed) expect(missing(compared, plain, row)).toEqual([]);
    });
  });
}

async function atSize(path: string, size: Size): Promise<Candidate[]> {
  const { layout, model } = await load(path, size);
  return await runOurs(model, layout, noise(layout.input));
}

for (const { name, build, because } of REFUSED) {
  Deno.test(`an export is refused with what was found and what would work: ${name}`, async () => {
    await withExport(serializeOnnx(build()), async (path) => {
      const refused = load(path, SIZE);
      await expect(refused).rejects.toThrow(`Cannot use the model ${path}: ${because}`);
    });
  });
}

Deno.test("heads of every version are cut, and their boxes computed only where something is", async () => {
  for (const row of READ.filter(({ kind }) => kind === "dfl")) {
    await withExport(serializeOnnx(row.build()), async (path) => {
      const { layout, model } = await load(path, row.size ?? SIZE);
      const { graph } = parseOnnx(model);
      const types = graph.node.map(({ op_type }) => op_type);
      const decoding = types.filter((type) => ["Sub", "Softmax", "TopK", "Div"].includes(type));
      const isAttention = row.name.includes("attention") || row.name.startsWith("YOLO11");
      expect([row.name, decoding.filter((type) => type !== "Sub")]).toEqual([
        row.name,
        isAttention ? ["Softmax"] : [],
      ]);
      const bounded = types.filter((type) => type === "Pad").length;
      const isEight = row.name.startsWith("8 bits");
      expect([row.name, bounded]).toEqual([
        row.name,
        isEight ? 0 : layout.strides?.length,
      ]);
    });
  }
});
