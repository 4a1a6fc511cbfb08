import { expect } from "expect";
import sharp from "sharp";
import { residentMemory, startServerProcess } from "../../bench/server_process.ts";
import { readFixture } from "../read_fixture.ts";
import { createRandom, mutateFrame } from "../streaming/mutate_frame.ts";
import { openStream } from "./test_server.ts";

const FRAMES = 2000;
const STREAMS = 4;
const CODES = new Set(["invalid_frame", "frame_too_large"]);

Deno.test("2,000 spoilt images through the socket give documented answers, and memory stays flat", async () => {
  // In a process of its own, as other tests take memory of this one at the same time.
  await using server = await startServerProcess({
    PIPELINE_INPUT_SIZE: "320x256",
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "2",
  });
  const connect = () => openStream(new URL(server.url), "?pipeline_id=yolo_only");
  const ask = async (path: string) => await (await fetch(new URL(path, server.url))).json();
  const image = new Uint8Array(
    await sharp(await readFixture("dog.jpg")).resize(320, 240).jpeg().toBuffer(),
  );
  const answers = { results: 0, errors: 0 };
  const runs = Array.from({ length: STREAMS }, async (_, index) => {
    const random = createRandom(index + 1);
    let client = connect();
    await client.opened;
    for (let count = 0; count < FRAMES / STREAMS; count += 1) {
      const before = client.messages.length;
      client.send(mutateFrame(image, random));
      const message = (await client.received(before + 1))[before];
      if ("result" in message) {
        answers.results += 1;
        continue;
      }
      expect(message).toMatchObject({ error: expect.any(String) });
      if ("error" in message) expect(CODES).toContain(message.error);
      answers.errors += 1;
      await client.closed;
      client = connect();
      await client.opened;
    }
    await client.close();
  });
  const early = Promise.race([...runs]).then(() => residentMemory(server.pid));
  await Promise.all(runs);
  expect(answers.results + answers.errors).toBe(FRAMES);
  expect(answers.results).toBeGreaterThan(100);
  expect(answers.errors).toBeGreaterThan(100);
  expect((await ask("/sessions")).sessions).toEqual([]);
  expect((await ask("/ready")).status).toBe("ready");
  // The pools of the decoder and of the allocator are full by the time that the first stream has ended.
  expect(residentMemory(server.pid) - await early).toBeLessThan(50);
});
