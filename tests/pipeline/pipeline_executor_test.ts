import { expect } from "expect";
import sharp from "sharp";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { PipelineDefinition } from "../../lib/protocol/pipeline.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import yoloOnly from "../../pipelines/yolo_only.json" with { type: "json" };
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { ensureModel, MODEL_DIR, readFixture } from "./models.ts";

const DEFAULT_INPUT = { width: 512, height: 384 };

/** A service with pipelines of our own. */
async function serve(definitions: PipelineDefinition[] = [], inputSize = DEFAULT_INPUT) {
  await ensureModel();
  const folder = await temporaryDirectory();
  for (const definition of definitions) {
    await Deno.writeTextFile(`${folder.path}/${definition.id}.json`, JSON.stringify(definition));
  }
  const pipelineDir = folder.path;
  const service = new PipelineService({
    modelDir: MODEL_DIR,
    workers: 1,
    threads: 2,
    pipelineDir,
    // So that what is found does not depend on the processor.
    precision: "fp32",
    inputSize,
  });
  await service.start();
  return {
    service,
    async run(pipelineId: string, bytes = readFixture("dog.jpg")) {
      return await service.runOnImage({ pipelineId, bytes });
    },
    async [Symbol.asyncDispose]() {
      service.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}

/** `yolo_only` with other parameters at its `detect`. */
function detecting(id: string, params: Record<string, unknown>): PipelineDefinition {
  const nodes = yoloOnly.nodes.map((node) => node.step === "detect" ? { ...node, params } : node);
  return { ...yoloOnly, id, nodes };
}

/** What `yolo_only` finds goes through further nodes, in a row. */
function through(id: string, ...further: PipelineDefinition["nodes"]): PipelineDefinition {
  const ids = ["detect", ...further.map((node) => node.id)];
  return {
    ...yoloOnly,
    id,
    nodes: [...yoloOnly.nodes.filter(({ step }) => step !== "track"), ...further],
    edges: [
      { from: "decode", to: "detect" },
      { from: "decode", to: "output" },
      ...further.filter(({ step }) => step !== "track").map((node) => ({
        from: "decode",
        to: node.id,
      })),
      ...ids.map((from, index) => ({ from, to: ids[index + 1] ?? "output" })),
    ],
  };
}

/** What is written on the car below. */
const PLATE = "Hello World 2026";

/** A large photograph of a dog and a bicycle with a car, on whose side a line of another image is pasted. */
async function writeOnCar(): Promise<Uint8Array> {
  const line = { left: 33, top: 56, width: 376, height: 58 };
  const input = await sharp(readFixture("text.jpg")).extract(line).toBuffer();
  const image = sharp(readFixture("dog.jpg")).resize(1536)
    .composite([{ input, left: 960, top: 200 }]);
  return new Uint8Array(await image.jpeg({ quality: 95 }).toBuffer());
}

Deno.test("parameters at detect are what runs", async () => {
  const definitions = [
    detecting("one_box", { agnostic: true }),
    detecting("every_class", { agnostic: false }),
    detecting("dogs", { classes: ["dog", "cat"] }),
    detecting("sure", { confidence: 0.8 }),
  ];
  // In this input the car looks like a truck as well.
  await using made = await serve(definitions, { width: 640, height: 640 });
  const found = async (id: string) =>
    (await made.run(id)).detections.map(({ label }) => label).toSorted();
  expect(await found("one_box")).toEqual(["bicycle", "car", "dog"]);
  expect(await found("every_class")).toEqual(["bicycle", "car", "dog", "truck"]);
  expect(await found("dogs")).toEqual(["dog"]);
  const sure = (await made.run("sure")).detections;
  expect(sure.length).toBeGreaterThan(0);
  expect(sure.every(({ confidence }) => confidence > 0.8)).toBe(true);
});

Deno.test("filter keeps classes, confidences and sizes", async () => {
  await using made = await serve([
    through("named", { id: "some", step: "filter", params: { classes: ["car"] } }),
    through("large", { id: "some", step: "filter", params: { area: 0.1 } }),
    through("none", { id: "some", step: "filter", params: { confidence: 1 } }),
  ]);
  const found = async (id: string) =>
    (await made.run(id)).detections.map(({ label }) => label).toSorted();
  expect(await found("named")).toEqual(["car"]);
  expect(await found("large")).toEqual(["bicycle", "dog"]);
  expect(await found("none")).toEqual([]);
});

Deno.test("objects are looked for again within the boxes of others, in pixels of the image", async () => {
  await using made = await serve([through("closer", { id: "near", step: "detect" })]);
  const [dog] = (await made.run("yolo_only")).detections.filter(({ label }) => label === "dog");
  const closer = (await made.run("closer")).detections.filter(({ label }) => label === "dog");
  expect(closer).toHaveLength(1);
  const corners = ([x, y, w, h]: number[]) => [x, y, x + w, y + h];
  corners(closer[0].bbox).forEach((side, index) => {
    expect(Math.abs(side - corners(dog.bbox)[index])).toBeLessThan(25);
  });
});

Deno.test("plates reads what is written on vehicles, and nothing beside them", async () => {
  await using made = await serve();
  const bytes = await writeOnCar();
  const everything = await made.run("yolo_ocr", bytes.slice());
  expect(everything.text).toContain(PLATE);
  const result = await made.run("plates", bytes.slice());
  // With something on its side the car may be taken for a truck.
  expect(result.detections).toHaveLength(2);
  expect(result.detections.filter(({ text }) => text === PLATE)).toHaveLength(1);
  const block = result.text_blocks.find(({ text }) => text === PLATE);
  expect(block).not.toHaveProperty("region");
  expect(block?.bbox[0]).toBeGreaterThan(900);
  for (const { bbox: [x, y, width, height] } of result.text_blocks) {
    const isInside = ({ bbox: [left, top, right, bottom] }: Detection) =>
      x + width / 2 > left && x + width / 2 < left + right &&
      y + height / 2 > top && y + height / 2 < top + bottom;
    expect(result.detections.some(isInside)).toBe(true);
  }
  expect(result.timings_ms.nodes).toMatchObject({
    vehicles: expect.any(Number),
    read: expect.any(Number),
  });
});

Deno.test("plates reads in a stream beside its frames, which have the vehicles at once", async () => {
  await using made = await serve();
  const bytes = await writeOnCar();
  let index = 0;
  const next = () =>
    made.service.runOnFrame({
      pipelineId: "plates",
      sessionId: "a",
      frameIndex: ++index,
      bytes: bytes.slice(),
    });
  const first = await next();
  expect(first.text_frame_index).toBeNull();
  expect(first.detections).toHaveLength(2);
  let result = first;
  const deadline = performance.now() + 20_000;
  while (result.text === "" && performance.now() < deadline) result = await next();
  expect(result.text_blocks.map(({ text }) => text)).toContain(PLATE);
  expect(result.detections).toContainEqual(
    expect.objectContaining({ text: PLATE, track_id: expect.any(Number) }),
  );
});

Deno.test("a detector with an interval runs beside the frames, and tells which it has looked at", async () => {
  const slow = detecting("slow", {});
  slow.nodes = slow.nodes.map((node) => node.id === "detect" ? { ...node, interval_ms: 0 } : node);
  await using made = await serve([slow]);
  const run = (frameIndex: number) =>
    made.service.runOnFrame({
      pipelineId: "slow",
      sessionId: "a",
      frameIndex,
      bytes: readFixture("dog.jpg"),
    });
  const first = await run(1);
  expect(first).toMatchObject({
    image: { width: 768, height: 576 },
    detections: [],
    detect_frame_index: null,
  });
  let result = first;
  const deadline = performance.now() + 20_000;
  for (let index = 2; result.detections.length === 0 && performance.now() < deadline; index++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    result = await run(index);
  }
  expect(result.detections.map(({ label }) => label)).toContain("dog");
  expect(result.detect_frame_index).toBeGreaterThan(0);
});

Deno.test("a stream that is only read needs no detector, and still tells what is no image", async () => {
  await using made = await serve();
  const garbage = readFixture("dog.jpg").slice();
  garbage.fill(0x55, 30_000, garbage.length - 2);
  const run = (frameIndex: number) =>
    made.service.runOnFrame({
      pipelineId: "ocr_only",
      sessionId: "a",
      frameIndex,
      bytes: garbage.slice(),
    });
  expect((await run(1)).image).toEqual({ width: 768, height: 576 });
  const failing = async () => {
    const deadline = performance.now() + 20_000;
    for (let index = 2; performance.now() < deadline; index++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await run(index);
    }
  };
  await expect(failing()).rejects.toThrow("Cannot decode the image");
});
