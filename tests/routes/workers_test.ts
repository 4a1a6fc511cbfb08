import { imageTaskRules } from "../../lib/pipeline/image_task_rules.ts";
import { expect } from "expect";
import type { DetectTask, SegmentOutcome, WorkerSetup } from "../../lib/pipeline/worker_tasks.ts";
import { WorkerPool } from "../../lib/workers/worker_pool.ts";
import { readFixture } from "../read_fixture.ts";
import { MINIMAL_FRAME, RESULT } from "../streaming/simulated_stream.ts";
import { faultySetup } from "../workers/faulty_setup.ts";
import { openStream, startTestServer } from "./test_server.ts";

/** A task for the faulty worker, which looks at nothing but the image. */
const TASK = { pipelineId: "any", nodes: [], given: {} };

const FAULTY_WORKER = new URL("../workers/faulty_worker.ts", import.meta.url).href;

Deno.test("a worker that dies costs one stream its frame, and the others nothing", async () => {
  const restarts: string[] = [];
  const pool = new WorkerPool<WorkerSetup, DetectTask, SegmentOutcome>({
    rules: imageTaskRules(),
    workers: 1,
    workerUrl: FAULTY_WORKER,
    onRestart: ({ reason }) => restarts.push(reason),
    setup: faultySetup(),
  });
  await pool.start();
  const order = (frameIndex: number, pipelineId: string) =>
    pipelineId === "unlucky" && frameIndex === 3 ? "die" : "1";
  await using server = await startTestServer({
    processor: {
      isValidPipeline: () => true,
      async runOnFrame(pipelineId, frameIndex, _bytes, sessionId) {
        const text = new TextEncoder().encode(order(frameIndex, pipelineId));
        await pool.run({ ...TASK, image: text }, { sessionId });
        return RESULT;
      },
    },
  });
  const [unlucky, lucky] = [
    openStream(server, "?pipeline_id=unlucky"),
    openStream(server, "?pipeline_id=lucky"),
  ];
  await Promise.all([unlucky.opened, lucky.opened]);
  for (let frame = 1; frame <= 3; frame += 1) {
    unlucky.send(MINIMAL_FRAME);
    lucky.send(MINIMAL_FRAME);
    await Promise.all([unlucky.received(frame), lucky.received(frame)]);
  }
  const diedAt = performance.now();
  expect(await unlucky.closed).toEqual({ code: 1011, reason: "pipeline_failure" });
  expect(unlucky.messages.filter((message) => "error" in message)).toHaveLength(1);

  const again = openStream(server, "?pipeline_id=again");
  await again.opened;
  again.send(MINIMAL_FRAME);
  lucky.send(MINIMAL_FRAME);
  await Promise.all([again.received(1), lucky.received(4)]);
  expect(performance.now() - diedAt).toBeLessThan(3000);
  expect(lucky.messages.every((message) => "result" in message)).toBe(true);
  expect(restarts).toHaveLength(1);
  await Promise.all([again.close(), lucky.close()]);
  pool.stop();
});

Deno.test("a stream that cannot keep up is answered from a smaller input, and still finds the dog", async () => {
  await using server = await startTestServer({
    environment: { PIPELINE_INPUT_SIZE: "640x480", PIPELINE_THREADS: "1" },
  });
  const client = openStream(server, "?pipeline_id=yolo_only");
  await client.opened;
  const image = await readFixture("dog.jpg");
  const sending = setInterval(() => client.send(image), 10);
  const levels = new Set<number>();
  for (let count = 1; !levels.has(3); count += 1) {
    const message = (await client.received(count))[count - 1];
    if (!("result" in message)) continue;
    const { quality, detections } = message.result;
    levels.add(quality?.level ?? NaN);
    expect(detections.map(({ label }) => label)).toContain("dog");
  }
  clearInterval(sending);
  expect([...levels]).toEqual([0, 1, 2, 3]);
  const [{ quality, qualities }] = server.services.streams.registry.list();
  expect(quality).toEqual({ level: 3, width: 320, height: 256 });
  expect(qualities).toHaveLength(4);
  await client.close();
});
