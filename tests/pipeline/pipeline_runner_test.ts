import { expect } from "expect";
import { Detector } from "../../lib/detection/detector.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import type { PipelineDefinition } from "../../lib/pipeline/pipeline_definition.ts";
import { compilePipeline } from "../../lib/pipeline/pipeline_runner.ts";
import { loadPrepared, prepareDetector } from "../../lib/models/specialized_model.ts";
import yoloOnly from "../../pipelines/yolo_only.json" with { type: "json" };
import { ensureModel, readFixture } from "./models.ts";

Deno.test("what a definition says at detect is what runs: one box for an object, or one for each class", async () => {
  const prepared = await prepareDetector(await ensureModel(), { width: 640, height: 640 }, 0.25);
  const model = await loadPrepared(prepared);
  const detector = await Detector.create({ ...prepared, model, threads: 2, iou: 0.45 });
  const run = async (params?: PipelineDefinition["nodes"][number]["params"]) => {
    const nodes = yoloOnly.nodes.map((node) =>
      node.step === "detect" && params !== undefined ? { ...node, params } : node
    );
    const context = { picture: readFixture("dog.jpg"), maxPixels: 1e6, detector };
    const { findings } = await compilePipeline({ ...yoloOnly, nodes })({
      ...context,
      decode: decodeLetterboxed,
    });
    return findings.detections.map(({ label }) => label);
  };
  expect(await run()).toEqual(["dog", "bicycle", "car"]);
  expect(await run({ agnostic: true })).toEqual(["dog", "bicycle", "car"]);
  expect(await run({ agnostic: false })).toEqual(["dog", "bicycle", "car", "truck"]);
  await detector.release();
});
