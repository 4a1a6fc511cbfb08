import { expect } from "expect";
import { join } from "node:path";
import { serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import type { PipelineServiceOptions } from "../../lib/pipeline/pipeline_options.ts";
import yoloOnly from "../../pipelines/yolo_only.json" with { type: "json" };
import { classifierExport } from "../detection/exports/other_exports.ts";
import { ensureModel, MODEL_DIR, readFixture } from "./models.ts";

const FIXED = { workers: 1, threads: 2 } as const;
const NAMES = ["bee", "cat", "dog", "owl"];

/** A folder with a classifier, `kinds.onnx`, and pipelines by the names of their files. */
async function withClassifier(
  pipelines: Record<string, unknown>,
  test: (serve: (options?: Partial<PipelineServiceOptions>) => PipelineService) => Promise<void>,
): Promise<void> {
  const pipelineDir = await Deno.makeTempDir();
  const model = join(pipelineDir, "kinds.onnx");
  const names = `{0: 'cat', 1: 'dog', 2: 'owl', 3: 'bee'}`;
  await Deno.writeFile(model, serializeOnnx(classifierExport({ task: "classify", names })));
  for (const [id, definition] of Object.entries(pipelines)) {
    await Deno.writeTextFile(join(pipelineDir, `${id}.json`), JSON.stringify(definition));
  }
  const given = { modelDir: MODEL_DIR, pipelineDir, model };
  const services: PipelineService[] = [];
  try {
    await test((options = FIXED) => {
      const service = new PipelineService({ ...given, ...options });
      services.push(service);
      return service;
    });
  } finally {
    for (const service of services) service.stop();
    await Deno.remove(pipelineDir, { recursive: true });
  }
}

const labelsOf = (classes: readonly { label: string }[] = []) =>
  classes.map(({ label }) => label).sort();

Deno.test("with a classifier for all nodes, images are classified, and no objects are looked for", async () => {
  await withClassifier({}, async (serve) => {
    const service = serve();
    expect(service.registry.list().map(({ id }) => id)).toEqual(["classify", "ocr_only"]);
    await service.start();
    const bytes = readFixture("dog.jpg");
    const { classes, detections } = await service.runOnImage({ pipelineId: "classify", bytes });
    expect(labelsOf(classes)).toEqual(NAMES);
    expect(detections).toEqual([]);
    // It knows a class "dog", but gives no boxes.
    expect(await service.checkCanary()).toBe(true);
    expect(service.precision).toBe("fp32");
    expect(service.getPipeline("classify")?.models).toMatchObject([
      { name: "kinds", file: "kinds.onnx", input_size: { width: 96, height: 64 } },
    ]);
    const models = await service.listModels();
    expect(models.find(({ name }) => name === "kinds")).toMatchObject({
      role: "classifier",
      used_by: ["classify"],
      classes: ["cat", "dog", "owl", "bee"],
      precision: "fp32",
    });
  });
});

Deno.test("how a classifier is spread over the cores is measured, too", async () => {
  await withClassifier({}, async (serve) => {
    const service = serve({});
    await service.start();
    expect(service.plans.every((plan) => "latencyMs" in plan)).toBe(true);
  });
});

Deno.test("beside a classifier for all nodes, a pipeline that names a detector finds objects", async () => {
  await ensureModel();
  const { nodes, edges } = yoloOnly;
  const both = {
    id: "both",
    name: "Both",
    description: "Finds objects, and classifies each",
    nodes: [
      ...nodes.map((node) =>
        node.id === "detect" ? { ...node, params: { model: "yolov8n" } } : node
      ),
      { id: "each", step: "classify" },
    ],
    edges: [
      ...edges,
      { from: "decode", to: "each" },
      { from: "detect", to: "each" },
      { from: "each", to: "output" },
    ],
  };
  await withClassifier({ both }, async (serve) => {
    const service = serve();
    await service.start();
    const bytes = readFixture("dog.jpg");
    const { detections } = await service.runOnImage({ pipelineId: "both", bytes });
    expect(detections.map(({ label }) => label)).toContain("dog");
    for (const { classes } of detections) expect(labelsOf(classes)).toEqual(NAMES);
    expect(await service.checkCanary()).toBe(true);
  });
});

Deno.test("a pipeline that needs a detector for all nodes is refused where that is a classifier", async () => {
  await withClassifier({ own: { ...yoloOnly, id: "own" } }, async (serve) => {
    await expect(Promise.resolve().then(() => serve())).rejects.toThrow(
      /own\.json: parameter "model" of the node "detect" is missing, and YOLO_MODEL is a classifier; the name or the path of a detector works$/,
    );
  });
});

Deno.test("a classifier does not compute with 8 bits", async () => {
  await withClassifier({}, async (serve) => {
    await expect(serve({ precision: "int8" }).start()).rejects.toThrow(
      /kinds\.onnx with 8 bits: it is a classifier; YOLO_PRECISION=fp32 works/,
    );
  });
});
