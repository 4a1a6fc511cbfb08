import { expect } from "expect";
import { join } from "node:path";
import { serializeOnnx } from "../../lib/onnx/onnx_schema.ts";
import { assignClasses } from "../../lib/pipeline/assign_classes.ts";
import { DefinitionError } from "../../lib/pipeline/errors.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import type { PipelineDefinition } from "../../lib/protocol/pipeline.ts";
import { classifierExport } from "../detection/exports/other_exports.ts";
import { MODEL_DIR, readFixture } from "./models.ts";

const FIXED = { workers: 1, threads: 2 } as const;
const NAMES = ["bee", "cat", "dog", "owl"];

/** A pipeline that classifies the image, and each object in it. */
function definition(params: Record<string, string>): PipelineDefinition {
  return {
    id: "kinds",
    name: "Kinds",
    description: "Classifies the image and what is in it",
    nodes: [
      { id: "decode", step: "decode" },
      { id: "detect", step: "detect" },
      { id: "whole", step: "classify", params },
      { id: "each", step: "classify", params },
      { id: "output", step: "result" },
    ],
    edges: [
      { from: "decode", to: "detect" },
      { from: "decode", to: "whole" },
      { from: "decode", to: "each" },
      { from: "detect", to: "each" },
      ...["decode", "detect", "whole", "each"].map((from) => ({ from, to: "output" })),
    ],
  };
}

async function withService(
  name: string | undefined,
  test: (service: PipelineService) => Promise<void>,
): Promise<void> {
  const pipelineDir = await Deno.makeTempDir();
  const file = join(pipelineDir, "kinds.onnx");
  const names = `{0: 'cat', 1: 'dog', 2: 'owl', 3: 'bee'}`;
  await Deno.writeFile(file, serializeOnnx(classifierExport({ task: "classify", names })));
  const params: Record<string, string> = name === undefined ? {} : { model: name || file };
  await Deno.writeTextFile(join(pipelineDir, "kinds.json"), JSON.stringify(definition(params)));
  try {
    const service = new PipelineService({ modelDir: MODEL_DIR, pipelineDir, ...FIXED });
    try {
      await test(service);
    } finally {
      service.stop();
    }
  } finally {
    await Deno.remove(pipelineDir, { recursive: true });
  }
}

Deno.test("a pipeline classifies the image, and each object in it", async () => {
  await withService("", async (service) => {
    await service.start();
    const result = await service.runOnImage({
      pipelineId: "kinds",
      bytes: readFixture("dog.jpg"),
    });
    const sorted = (classes: typeof result.classes = []) =>
      classes.map(({ label }) => label).sort();
    expect(sorted(result.classes)).toEqual(NAMES);
    expect(result.detections.length).toBeGreaterThan(2);
    for (const { classes } of result.detections) expect(sorted(classes)).toEqual(NAMES);
    expect(result.models.detector).toBe("yolov8n");
    expect(await service.checkCanary()).toBe(true);
  });
});

Deno.test("a node that classifies without a classifier is refused before any image", async () => {
  await expect(withService(undefined, (service) => service.start())).rejects.toThrow(
    /parameter "model" of the node "whole" is missing, and YOLO_MODEL is a detector; the name or the path of a classifier works/,
  );
  const refused = withService("yolov8n", (service) => service.start());
  await expect(refused).rejects.toThrow(DefinitionError);
});

Deno.test("classes go to the detection whose box was classified, though it may have moved", () => {
  const detection = (x: number) => ({
    label: "dog",
    class_id: 16,
    confidence: 0.9,
    bbox: [x, 0, 50, 50] as [number, number, number, number],
  });
  const classes = [{ label: "cat", class_id: 0, confidence: 0.8 }];
  const regions = [{ classes: [] }, { region: detection(0).bbox, classes }];
  const [near, far] = assignClasses([detection(5), detection(45)], regions);
  expect(near).toEqual({ ...detection(5), classes });
  expect(far).toEqual(detection(45));
});
