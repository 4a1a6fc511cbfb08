import { expect } from "expect";
import { innerLabel, twoModels } from "../pipeline/two_models.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream, startTestServer } from "./test_server.ts";

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
  const answer = await (await server.fetch("/pipelines/inside")).json();
  expect(answer.models.map(({ name }: { name: string }) => name)).toEqual(["yolov8n", "inner"]);
});
