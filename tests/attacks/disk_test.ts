import { expect } from "expect";
import { type ServerProcess, startServerProcess } from "../../bench/server_process.ts";
import type { JobView } from "../../lib/protocol/job.ts";
import { ask, dogVideo, isOver, post, submit, untilJob } from "../routes/video_client.ts";
import { withoutFfmpeg } from "../video/media.ts";
import {
  breakableDisk,
  fillDisk,
  smallDisk,
  withoutBreakableDisks,
  withoutSmallDisks,
} from "../video/small_disk.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
const MB = 1_048_576;
/** Enough that a job is not over before the disk is full. */
const FRAMES = 2000;

/** Expects that everything that only reads works. */
async function expectReadable({ url }: ServerProcess, completed: string): Promise<void> {
  expect((await ask(url, "/health")).answer.status).toBe("healthy");
  expect(await ask(url, `/video/status/${completed}`)).toMatchObject({
    status: 200,
    answer: { status: "completed" },
  });
  expect((await ask<{ jobs: JobView[] }>(url, "/video/jobs")).answer.jobs.length).toBe(2);
  expect((await ask(url, `/video/results/${completed}`)).answer.total).toBe(3);
  const file = await fetch(new URL(`/video/file/${completed}`, url));
  expect([file.status, (await file.bytes()).length > 1000]).toEqual([200, true]);
}

Deno.test({
  name: "a full disk takes nothing from a stream and nothing from jobs, and deleting one frees it",
  ignore: withoutFfmpeg || withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(16 * MB);
    const DATA_DIR = `${disk?.path}`;
    const environment = { ...CHOSEN_PLAN, DATA_DIR, DISK_RESERVE_MB: "1" };
    await using server = await startServerProcess(environment);
    const completed = await submit(server.url, await dogVideo(3));
    await untilJob(server.url, completed, isOver);
    const stream = await PoliteStream.open(server.url);
    const running = await submit(server.url, await dogVideo(FRAMES));
    await untilJob(server.url, running, ({ progress }) => progress.current_step > 0);
    await stream.expectUnharmedBy(async () => {
      await fillDisk(`${DATA_DIR}/filler`);
      const waits = ({ progress }: JobView) => progress.description === "Waiting for disk space";
      expect(await untilJob(server.url, running, waits)).toMatchObject({ status: "processing" });
      await expectReadable(server, completed);
      const refused = await post(server.url, await dogVideo(3));
      expect([refused.status, (await refused.json()).error]).toEqual([503, "storage_full"]);
      await Deno.remove(`${DATA_DIR}/filler`);
    });
    await stream[Symbol.asyncDispose]();
    await fillDisk(`${DATA_DIR}/filler`);
    expect((await ask(server.url, `/video/${completed}`, "DELETE")).status).toBe(204);
    await Deno.remove(`${DATA_DIR}/filler`);
    expect(await untilJob(server.url, running, isOver, 120_000)).toMatchObject({
      status: "completed",
      progress: { current_step: FRAMES },
    });
    expect((await ask(server.url, `/video/results/${running}`)).answer.total).toBe(FRAMES);
  },
});

Deno.test({
  name: "a disk that breaks takes nothing from a stream, and lets jobs be looked at",
  ignore: withoutFfmpeg || withoutBreakableDisks,
  async fn() {
    await using disk = await breakableDisk(16 * MB);
    const environment = { ...CHOSEN_PLAN, DATA_DIR: `${disk?.path}`, DISK_RESERVE_MB: "1" };
    await using server = await startServerProcess(environment);
    await using stream = await PoliteStream.open(server.url);
    const completed = await submit(server.url, await dogVideo(3));
    await untilJob(server.url, completed, isOver);
    const running = await submit(server.url, await dogVideo(300));
    await untilJob(server.url, running, ({ progress }) => progress.current_step > 0);
    await disk?.break();
    await stream.expectUnharmedBy(async () => {
      await expectReadable(server, completed);
      for (
        const answer of [
          await ask(server.url, `/video/${completed}`, "DELETE"),
          await ask(server.url, `/video/cancel/${running}`, "POST"),
        ]
      ) {
        expect(answer).toEqual({
          status: 503,
          answer: {
            error: "storage_unavailable",
            detail: "The server cannot keep video jobs now",
          },
        });
      }
    });
    const startedAt = performance.now();
    expect(await server.stop("SIGTERM")).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  },
});
