import { expect } from "expect";
import { DefinitionError } from "../../lib/pipeline/errors.ts";
import { PipelineService } from "../../lib/pipeline/pipeline_service.ts";
import { readFixture } from "./models.ts";
import { innerLabel, twoModels } from "./two_models.ts";

const FIXED = { workers: 1, threads: 2 } as const;

Deno.test("a second model looks inside what the first has found", async () => {
  await using folders = await twoModels();
  const service = new PipelineService({ ...folders, ...FIXED });
  expect(service.registry.modelNames).toEqual(["inner"]);
  await service.start();
  try {
    const result = await service.runOnImage({
      pipelineId: "inside",
      bytes: readFixture("dog.jpg"),
    });
    const labels = result.detections.map(({ label }) => label);
    const both = ["dog", "bicycle"].flatMap((label) => [label, innerLabel(label)]);
    expect(labels).toEqual(expect.arrayContaining(both));
    const confidences = result.detections.map(({ confidence }) => confidence);
    expect(confidences).toEqual(confidences.toSorted((a, b) => b - a));
    expect(service.getPipeline("inside")?.models).toMatchObject([
      { name: "yolov8n", licence: "AGPL-3.0", input_size: { width: 640, height: 480 } },
      { name: "inner", file: "inner.onnx", licence: null, input_size: { width: 640, height: 480 } },
    ]);
    expect(await service.checkCanary()).toBe(true);
  } finally {
    service.stop();
  }
});

Deno.test("two models work where there is memory for less than one", async () => {
  await using folders = await twoModels();
  const service = new PipelineService({ ...folders, ...FIXED, modelMemoryBytes: 1 });
  await service.start();
  try {
    for (let count = 0; count < 2; count += 1) {
      const { detections } = await service.runOnImage({
        pipelineId: "inside",
        bytes: readFixture("dog.jpg"),
      });
      expect(detections.map(({ label }) => label)).toContain(innerLabel("dog"));
    }
  } finally {
    service.stop();
  }
});

for (
  const [model, reason] of [
    ["nowhere", /Cannot find the model .*nowhere\.onnx/],
    ["/nowhere/own.onnx", /Cannot find the model \/nowhere\/own\.onnx/],
    ["PP-OCRv6_det_small", /Cannot use the model .*PP-OCRv6_det_small\.onnx/],
  ] as const
) {
  Deno.test(`a node whose model is ${model} is told at the start with file, node and field`, async () => {
    await using folders = await twoModels(model);
    const service = new PipelineService({ ...folders, ...FIXED });
    const error = await service.start().then(() => undefined, (error) => error);
    service.stop();
    expect(error).toBeInstanceOf(DefinitionError);
    expect(error.message).toMatch(/inside\.json: parameter "model" of the node "inside": /);
    expect(error.message).toMatch(reason);
    expect(error.message).not.toContain("\n");
  });
}
