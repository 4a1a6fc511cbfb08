import { expect } from "expect";
import * as v from "valibot";
import { addModel } from "../../lib/models/add_model.ts";
import { type ModelInfo, ModelListSchema } from "../../lib/protocol/model_list.ts";
import { innerLabel, twoModels } from "../pipeline/two_models.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream, startTestServer, type TestServer } from "./test_server.ts";

const FRAMES = 3;
const LIMIT_MS = 30_000;

Deno.test("a stream is looked at with two models, one inside what the other has found", async () => {
  await using folders = await twoModels();
  await using server = await startTestServer({
    environment: { MODEL_DIR: folders.modelDir, PIPELINE_DIR: folders.pipelineDir },
  });
  const client = openStream(server, "?pipeline_id=inside");
  await client.opened;
  for (let count = 1; count <= FRAMES; count += 1) {
    client.send(await readFixture("dog.jpg"));
    const messages = await Promise.race([
      client.received(count),
      new Promise<never>((_, reject) => {
        Deno.unrefTimer(setTimeout(() => reject(new Error("No answer")), LIMIT_MS));
      }),
    ]);
    expect(messages.at(-1)).toMatchObject({
      frame_index: count,
      result: {
        detections: expect.arrayContaining([
          expect.objectContaining({ label: innerLabel("dog") }),
        ]),
        models: { detector: "yolov8n" },
      },
    });
  }
  await client.close();
  await listsModels(server, folders.modelDir);
  const answer = await (await server.fetch("/pipelines/inside")).json();
  expect(answer.models.map(({ name }: { name: string }) => name)).toEqual(["yolov8n", "inner"]);
});

/** `GET /models` tells of both, of one that was added since, and of those that are only known. */
async function listsModels(server: TestServer, modelDir: string): Promise<void> {
  const { notes } = await addModel(`${modelDir}/inner.onnx`, {
    directory: modelDir,
    licence: "MIT",
  });
  await Deno.copyFile(`${modelDir}/inner.onnx`, `${modelDir}/by_hand.onnx`);
  const answer = await (await server.fetch("/models")).json();
  expect(v.parse(ModelListSchema, answer)).toEqual(answer);
  const byName = new Map<string, ModelInfo>(
    answer.models.map((model: ModelInfo) => [model.name, model]),
  );
  expect(byName.get("yolov8n")).toMatchObject({
    role: "detector",
    present: true,
    licence: "AGPL-3.0",
    used_by: ["yolo_ocr", "yolo_only", "plates", "inside"],
    classes: expect.arrayContaining(["dog"]),
    input_size: { width: 640, height: 480 },
    // Nothing was measured, since the plan of tests is fixed.
    speed: null,
  });
  const { ms, threads } = notes.speed;
  expect(byName.get("inner")).toMatchObject({
    licence: "MIT",
    used_by: ["inside"],
    classes: expect.arrayContaining([innerLabel("dog")]),
    speed: { ms, threads, measured_by: "add" },
  });
  expect(byName.get("by_hand")).toMatchObject({ used_by: [], classes: null, speed: null });
  expect(byName.get("yolox_nano")).toMatchObject({ licence: "Apache-2.0", used_by: [] });
  const readers = answer.models.filter(({ used_by }: ModelInfo) => used_by.includes("ocr_only"));
  expect(readers.map(({ role }: ModelInfo) => role)).toEqual(
    expect.arrayContaining(["text_detector", "text_recognizer"]),
  );
  expect(JSON.stringify(answer)).not.toContain(modelDir);
}

Deno.test("a definition is told which models there are, and paths are not looked at", async () => {
  await using folders = await twoModels();
  await using server = await startTestServer({
    environment: { MODEL_DIR: folders.modelDir, PIPELINE_DIR: folders.pipelineDir },
  });
  const validate = async (model: string) => {
    const body = JSON.parse(await Deno.readTextFile(`${folders.pipelineDir}/inside.json`));
    body.nodes[2].params = { model };
    const answer = await server.fetch("/pipelines/validate", {
      method: "POST",
      body: JSON.stringify(body),
    });
    return await answer.json();
  };
  expect(await validate("yolov8s")).toEqual({ valid: true, errors: [] });
  expect(await validate("inner")).toEqual({ valid: true, errors: [] });
  expect(await validate("nope")).toEqual({
    valid: false,
    errors: ['Parameter "model" of the node "inside" names no detector of GET /models: "nope"'],
  });
  const there = await validate(`${folders.modelDir}/inner.onnx`);
  expect(await validate(`${folders.modelDir}/nothing.onnx`)).toEqual(there);
});
