import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { ask, post } from "../routes/video_client.ts";
import { writeBoxes } from "../video/attack_files.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";
import { expectFiguresBack } from "./server_figures.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };

async function boxes(): Promise<File> {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/boxes.mp4`;
  await writeBoxes(path, 5_000_000);
  return new File([await Deno.readFile(path)], "boxes.mp4");
}

Deno.test("videos of five million boxes are refused, and leave a stream its answers", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  await using stream = await PoliteStream.open(server.url);
  const video = await boxes();
  const upload = async () => {
    const response = await post(server.url, video);
    expect([response.status, await response.json()]).toEqual([400, {
      error: "invalid_video",
      detail: "The file is not a readable video",
    }]);
  };
  // What a server takes for the first time, it keeps for the next.
  await upload();
  await expectFiguresBack(server, () =>
    stream.expectUnharmedBy(async (signal) => {
      do await upload(); while (!signal.aborted);
    }));
  expect(await ask(server.url, "/video/jobs")).toEqual({ status: 200, answer: { jobs: [] } });
});

Deno.test("a server that looks at five million boxes stops when it is asked to", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  const uploading = post(server.url, await boxes()).catch(() => undefined);
  // By then all has arrived, on this machine, and is being looked at.
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const startedAt = performance.now();
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  await (await uploading)?.body?.cancel();
});
