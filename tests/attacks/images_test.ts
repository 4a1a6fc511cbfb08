import { expect } from "expect";
import { residentMemory, startServerProcess } from "../../bench/server_process.ts";
import { addProfile, makeNoteBomb, makeScanBomb } from "../image/hostile_images.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream } from "../routes/test_server.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";

Deno.test("images that are made to take long are refused, or decoded as fast as others, beside a stream", async () => {
  await using server = await startServerProcess({ ...SMALL_INPUT, PIPELINE_WORKERS: "1" });
  await using stream = await PoliteStream.open(server.url);
  const before = residentMemory(server.pid);
  const images = [
    { type: "image/jpeg", body: makeScanBomb(2048, 20_000), status: 422 },
    { type: "image/png", body: await makeNoteBomb(300), status: 200 },
    { type: "image/jpeg", body: addProfile(await readFixture("dog.jpg"), 10_000), status: 200 },
  ];
  const url = new URL("/pipelines/yolo_only/run", server.url);
  await stream.expectUnharmedBy(async (signal) => {
    while (!signal.aborted) {
      for (const { type, body, status } of images) {
        const headers = { "Content-Type": type };
        const response = await fetch(url, { method: "POST", body, headers });
        const answer = await response.json();
        expect(response.status).toBe(status);
        if (status !== 422) continue;
        expect(answer).toEqual({ error: "invalid_image", detail: "Image cannot be decoded" });
      }
    }
  });
  expect(residentMemory(server.pid) - before).toBeLessThan(150);
  expect(server.log.filter(({ event }) => event === "worker_restart")).toEqual([]);
});

Deno.test("a stream of frames with too many scans ends with invalid_frame, and harms no other", async () => {
  await using server = await startServerProcess({ ...SMALL_INPUT, PIPELINE_WORKERS: "1" });
  await using stream = await PoliteStream.open(server.url);
  const frame = makeScanBomb(2048, 20_000);
  await stream.expectUnharmedBy(async (signal) => {
    while (!signal.aborted) {
      const hostile = openStream(new URL(server.url), "?pipeline_id=yolo_only");
      await hostile.opened;
      hostile.send(frame);
      expect(await hostile.received(1)).toEqual([{
        error: "invalid_frame",
        detail: "Not a valid JPEG image: cannot be decoded",
      }]);
      expect(await hostile.closed).toEqual({ code: 1007, reason: "invalid_frame" });
    }
  });
  expect(server.log.filter(({ event }) => event === "worker_restart")).toEqual([]);
});
