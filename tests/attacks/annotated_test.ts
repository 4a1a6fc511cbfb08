import { statfs } from "node:fs/promises";
import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { ask, dogVideo, isOver, send, submit, untilJob } from "../routes/video_client.ts";
import { withoutFfmpeg } from "../video/media.ts";
import { smallDisk, withoutSmallDisks } from "../video/small_disk.ts";
import { PoliteStream, SMALL_INPUT } from "./polite_stream.ts";
import { expectFiguresBack } from "./server_figures.ts";

const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", ...SMALL_INPUT };
const MB = 1_048_576;

/** Number of decode processes that a server has started and that still run. */
function decodeProcesses(serverPid: number): number {
  const isDecoder = (pid: string) => {
    try {
      const parent = /PPid:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
      return Number(parent) === serverPid;
    } catch {
      return false;
    }
  };
  return [...Deno.readDirSync("/proc")].filter(({ name }) => /^\d+$/.test(name) && isDecoder(name))
    .length;
}

Deno.test({
  name:
    "many who ask for annotated videos have each made once, one at a time, and leave a stream its answers",
  ignore: withoutFfmpeg || Deno.build.os !== "linux",
  async fn() {
    await using server = await startServerProcess(CHOSEN_PLAN);
    const dog = await dogVideo(500);
    const ids: string[] = [];
    for (let job = 0; job < 2; job++) ids.push(await submit(server.url, dog, 100));
    for (const id of ids) {
      expect((await untilJob(server.url, id, isOver)).status).toBe("completed");
    }
    await using stream = await PoliteStream.open(server.url);
    let most = 0;
    const watching = setInterval(() => most = Math.max(most, decodeProcesses(server.pid)), 100);
    const askForAll = () =>
      ids.flatMap((id) =>
        Array.from({ length: 20 }, async () => {
          const response = await send(new URL(`/video/annotated/${id}`, server.url), {
            headers: { Range: "bytes=0-99" },
          });
          await response.body?.cancel();
          return response.status;
        })
      );
    let answers: Promise<number[]> | undefined;
    await expectFiguresBack(server, async () => {
      await stream.expectUnharmedBy(async () => {
        answers ??= Promise.all(askForAll());
        await answers;
      });
    });
    clearInterval(watching);
    expect(new Set(await answers)).toEqual(new Set([206]));
    expect(most).toBe(1);
  },
});

Deno.test({
  name: "annotated videos leave the disk its reserve, and nothing of one that finds no room",
  ignore: withoutFfmpeg || withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(16 * MB);
    const DATA_DIR = `${disk?.path}`;
    const environment = { ...CHOSEN_PLAN, DATA_DIR, DISK_RESERVE_MB: "8" };
    await using server = await startServerProcess(environment);
    const id = await submit(server.url, await dogVideo(300), 30);
    await untilJob(server.url, id, isOver);
    const free = async () => {
      const { bavail, bsize } = await statfs(DATA_DIR);
      return bavail * bsize;
    };
    // So little room is left that the annotated video does not go in.
    await Deno.writeFile(`${DATA_DIR}/filler`, new Uint8Array(await free() - 8 * MB - 65_536));
    const refused = await ask(server.url, `/video/annotated/${id}`);
    expect(refused).toEqual({
      status: 503,
      answer: { error: "storage_full", detail: "The disk of the server is almost full" },
    });
    expect(Array.from(Deno.readDirSync(`${DATA_DIR}/videos`), ({ name }) => name))
      .toEqual([`${id}.video`]);
    expect(await free()).toBeGreaterThan(7 * MB);
    await Deno.remove(`${DATA_DIR}/filler`);
    const made = await send(new URL(`/video/annotated/${id}`, server.url));
    expect([made.status, (await made.bytes()).length > 10_000]).toEqual([200, true]);
  },
});
