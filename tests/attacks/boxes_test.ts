import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { ask, isOver, submit, untilJob } from "../routes/video_client.ts";
import { writeBoxes } from "../video/attack_files.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";
import { expectFiguresBack } from "./server_figures.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
const isLookedAt = ({ status }: { status: string }) => status === "processing";

async function boxes(): Promise<File> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/boxes.mp4`;
  await writeBoxes(path, 5_000_000);
  return new File([await Deno.readFile(path)], "boxes.mp4");
}

Deno.test("a video of five million boxes leaves a stream its answers, and can be cancelled", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  await using stream = await PoliteStream.open(server.url);
  const id = await submit(server.url, await boxes());
  const cancel = async () => {
    const startedAt = performance.now();
    const { status, answer } = await ask(server.url, `/video/cancel/${id}`, "POST");
    expect([status, answer.status]).toEqual([200, "cancelled"]);
    expect(performance.now() - startedAt).toBeLessThan(1000);
  };
  await cancel();
  await expectFiguresBack(server, () =>
    stream.expectUnharmedBy(async (signal) => {
      await ask(server.url, `/video/retry/${id}`, "POST");
      await untilJob(server.url, id, isLookedAt);
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await cancel();
    }));
  await ask(server.url, `/video/retry/${id}`, "POST");
  expect(await untilJob(server.url, id, isOver)).toMatchObject({
    error: "decode_failed",
    detail: "The file is not a readable video",
  });
});

Deno.test("a server that looks at five million boxes stops when it is asked to", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  const id = await submit(server.url, await boxes());
  await untilJob(server.url, id, isLookedAt);
  const startedAt = performance.now();
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(5000);
});
