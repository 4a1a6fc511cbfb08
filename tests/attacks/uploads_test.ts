import { statfs } from "node:fs/promises";
import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import type { JobView } from "../../lib/protocol/job.ts";
import {
  ask,
  dogVideo,
  isOver,
  junkVideo,
  largeVideo,
  post,
  submit,
  untilJob,
} from "../routes/video_client.ts";
import { withoutFfmpeg } from "../video/media.ts";
import { smallDisk, withoutSmallDisks } from "../video/small_disk.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";
import { expectFiguresBack, startAttacker } from "./server_figures.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
const MB = 1_048_576;

/** Uploads many videos at once; returns how many got which answer. */
async function uploadAtOnce(
  url: string,
  uploads: number,
  bytes: number,
  length: "known" | "unknown" = "known",
): Promise<Record<string, number>> {
  const script = `${import.meta.dirname}/upload_at_once.ts`;
  const args = [
    "run",
    "--allow-net",
    "--allow-read",
    script,
    url,
    `${uploads}`,
    `${bytes}`,
    length,
  ];
  return await new Response(startAttacker(...args).stdout).json();
}

/** Deletes all jobs of a server; returns how many there were. */
async function deleteJobs(url: string): Promise<number> {
  const { answer } = await ask<{ jobs: JobView[] }>(url, "/video/jobs");
  for (const { job_id } of answer.jobs) await ask(url, `/video/${job_id}`, "DELETE");
  return answer.jobs.length;
}

Deno.test("200 uploads at once take no more places than there are, and leave a stream its answers", async () => {
  await using server = await startServerProcess({ ...CHOSEN_PLAN, VIDEO_WORKERS: "1" });
  await using stream = await PoliteStream.open(server.url);
  // What a server takes for the first time, it keeps for the next.
  await uploadAtOnce(server.url, 200, MB);
  await deleteJobs(server.url);
  await expectFiguresBack(server, () =>
    stream.expectUnharmedBy(async () => {
      const answers = await uploadAtOnce(server.url, 200, MB);
      expect(answers).toEqual({ 202: 100, "503 too_many_jobs": 100 });
      expect(await deleteJobs(server.url)).toBe(100);
    }));
});

for (const length of ["known", "unknown"] as const) {
  Deno.test({
    name: `uploads of ${length} length at once leave the disk its reserve`,
    ignore: withoutSmallDisks,
    async fn() {
      await using disk = await smallDisk(128 * MB);
      const DATA_DIR = `${disk?.path}`;
      await using server = await startServerProcess({
        ...CHOSEN_PLAN,
        DATA_DIR,
        DISK_RESERVE_MB: "32",
      });
      await uploadAtOnce(server.url, 10, MB, length);
      await deleteJobs(server.url);
      let lowest = Infinity;
      const sampling = setInterval(async () => {
        const { bavail, bsize } = await statfs(DATA_DIR);
        lowest = Math.min(lowest, bavail * bsize);
      }, 20);
      const answers = await expectFiguresBack(
        server,
        () => uploadAtOnce(server.url, 40, 16 * MB, length),
      );
      clearInterval(sampling);
      expect(lowest).toBeGreaterThan(31 * MB);
      const { 202: accepted = 0, "503 storage_full": refused = 0 } = answers;
      // Where nobody knows how much the others will need, none may be able to end.
      expect(accepted).toBeLessThanOrEqual(5);
      expect(accepted).toBeGreaterThanOrEqual(length === "known" ? 5 : 0);
      expect(accepted + refused).toBe(40);
      await submit(server.url, await largeVideo(MB));
    },
  });
}

Deno.test({
  name: "junk takes no place from the finished job of somebody else",
  ignore: withoutFfmpeg,
  async fn() {
    await using server = await startServerProcess(CHOSEN_PLAN);
    const dog = await dogVideo(3);
    const polite = await submit(server.url, dog);
    await untilJob(server.url, polite, isOver);
    // A job that goes on for a while, behind which others wait.
    const running = await submit(server.url, await dogVideo(2000));
    const waiting: string[] = [];
    for (let job = 0; job < 98; job++) waiting.push(await submit(server.url, dog));
    const junk = await Promise.all(
      Array.from({ length: 20 }, () => post(server.url, junkVideo(1000))),
    );
    for (const response of junk) {
      // There is one place to be had, that of the finished job, and only one at a time may try to get it.
      const { error } = await response.json();
      expect([response.status, error]).toEqual(
        response.status === 400 ? [400, "invalid_video"] : [503, "too_many_jobs"],
      );
    }
    const { status, answer } = await ask(server.url, `/video/results/${polite}`);
    expect([status, answer.total]).toEqual([200, 3]);
    const next = await submit(server.url, dog);
    expect((await ask(server.url, `/video/status/${polite}`)).status).toBe(404);
    for (const id of [running, next, ...waiting]) {
      expect((await ask(server.url, `/video/status/${id}`)).status).toBe(200);
    }
  },
});
