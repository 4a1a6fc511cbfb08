import { expect } from "expect";
import sharp from "sharp";
import type { ImageInput } from "../../lib/image/pixel_image.ts";
import type { PipelineDefinition } from "../../lib/protocol/pipeline.ts";
import { validateDefinition } from "../../lib/pipeline/pipeline_definition.ts";
import { runFrame } from "../../lib/pipeline/pipeline_executor.ts";
import { planPipeline } from "../../lib/pipeline/pipeline_plan.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { ensureModel, MODEL_DIR, readFixture } from "./models.ts";

/** A pipeline whose nodes take the detections of each other in a row; the last one's are the result's. */
function chain(id: string, ...nodes: PipelineDefinition["nodes"]): PipelineDefinition {
  const takeImage = nodes.filter(({ step }) => step !== "track");
  return {
    id,
    name: id,
    description: id,
    nodes: [{ id: "decode", step: "decode" }, ...nodes, { id: "output", step: "result" }],
    edges: [
      ...takeImage.map((node) => ({ from: "decode", to: node.id })),
      { from: "decode", to: "output" },
      ...nodes.map((node, index) => ({ from: node.id, to: nodes[index + 1]?.id ?? "output" })),
    ],
  };
}

const detect = { id: "detect", step: "detect" };
const filter = { id: "filter", step: "filter", params: { classes: ["dog", "car"] } };
const closer = { id: "closer", step: "detect" };
const second = { id: "second", step: "filter", params: { area: 0.001 } };
const again = { id: "again", step: "detect" };
const track = { id: "track", step: "track" };

const DEEP = chain("deep", detect, filter, closer, second, again, track);

Deno.test("each worker is given an image of its own once it needs it, the last one the memory that came", async () => {
  expect(validateDefinition(DEEP)).toEqual([]);
  const plan = planPipeline(DEEP);
  expect(plan.whole.segments.length).toBe(3);
  const image = Uint8Array.of(1, 2, 3);
  const taken: Uint8Array[] = [];
  const values = { detect: [], closer: [], again: [] };
  await runFrame(plan, {
    plan: plan.whole,
    image,
    latest: new Map(),
    context: { track: (_, detections) => [...detections] },
    runSegment(_, given: ImageInput) {
      const bytes = given as Uint8Array<ArrayBuffer>;
      taken.push(structuredClone(bytes, { transfer: [bytes.buffer] }));
      // Whoever had made the other copies by now, while nobody needs them, would miss this.
      if (taken.length === 1) image[0] = 9;
      const outcome = { image: { width: 1, height: 1 }, values, times: {}, decodeMs: 0 };
      return Promise.resolve({ outcome, wait: 0 });
    },
  });
  expect(taken.map((bytes) => [...bytes])).toEqual([[1, 2, 3], [9, 2, 3], [9, 2, 3]]);
  expect(image.length).toBe(0);
});

Deno.test("graphs of several detectors, and of filters and trackers in any order, run on images, streams and videos", async () => {
  await ensureModel();
  await using folder = await temporaryDirectory();
  const graphs = [
    DEEP,
    chain("early", detect, track, filter, closer),
    chain("late", detect, filter, track),
    chain("nothing"),
    chain("text", detect, filter),
  ];
  const text = graphs[4];
  // What is read in the boxes that are left goes into the result, the boxes do not.
  text.nodes.push({ id: "read", step: "read", interval_ms: 0 });
  text.edges = [
    ...text.edges.filter(({ from, to }) => from !== "filter" || to !== "output"),
    { from: "decode", to: "read" },
    { from: "filter", to: "read" },
    { from: "read", to: "output" },
  ];
  for (const graph of graphs) {
    expect({ id: graph.id, errors: validateDefinition(graph) }).toEqual({
      id: graph.id,
      errors: [],
    });
    await Deno.writeTextFile(`${folder.path}/${graph.id}.json`, JSON.stringify(graph));
  }
  const service = new PipelineService({
    modelDir: MODEL_DIR,
    workers: 1,
    threads: 2,
    pipelineDir: folder.path,
  });
  try {
    await service.start();
    const bytes = readFixture("dog.jpg");
    const { data, info } = await sharp(bytes).raw().toBuffer({ resolveWithObject: true });
    const { width, height } = info;
    for (const { id: pipelineId } of graphs) {
      const stream = { pipelineId, sessionId: pipelineId };
      const [ofImage, ofVideo, ofStream] = await Promise.all([
        service.runOnImage({ pipelineId, bytes: bytes.slice() }),
        service.runOnPixels({
          pipelineId,
          sessionId: `video ${pipelineId}`,
          frameIndex: 0,
          image: { pixels: new Uint8Array(data), width, height },
        }),
        service.runOnFrame({ ...stream, frameIndex: 1, bytes: bytes.slice() }),
      ]);
      const labels = ({ detections }: typeof ofImage) =>
        detections.map(({ label }) => label).sort();
      expect(labels(ofStream)).toEqual(labels(ofImage));
      expect(labels(ofVideo)).toEqual(labels(ofImage));
      for (const result of [ofImage, ofVideo, ofStream]) {
        expect(result.image).toEqual({ width: 768, height: 576 });
        if (pipelineId === "late") expect(labels(result)).toEqual(["car", "dog"]);
        if (["nothing", "text"].includes(pipelineId)) expect(result.detections).toEqual([]);
      }
      service.endSession(pipelineId);
    }
  } finally {
    service.stop();
  }
});

Deno.test("a detector with an interval lets the frames of its stream go first", async () => {
  await ensureModel();
  await using folder = await temporaryDirectory();
  const beside = chain("beside", detect, { ...closer, interval_ms: 0 });
  await Deno.writeTextFile(`${folder.path}/beside.json`, JSON.stringify(beside));
  const service = new PipelineService({
    modelDir: MODEL_DIR,
    workers: 1,
    threads: 2,
    pipelineDir: folder.path,
  });
  try {
    await service.start();
    const looked = new Set<unknown>();
    for (let frameIndex = 1; frameIndex <= 60; frameIndex += 1) {
      const bytes = readFixture("dog.jpg");
      const frame = { pipelineId: "beside", sessionId: "a", frameIndex, bytes };
      looked.add((await service.runOnFrame(frame)).closer_frame_index);
    }
    looked.delete(null);
    // Taking turns it would look at every second one.
    expect(looked.size).toBeGreaterThan(0);
    expect(looked.size).toBeLessThan(15);
  } finally {
    service.stop();
  }
});
