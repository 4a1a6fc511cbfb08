import { expect } from "expect";
import { residentMemory, startServerProcess } from "../../bench/server_process.ts";
import type { VideoFrameResult } from "../../lib/protocol/video_results.ts";
import { readFixture } from "../read_fixture.ts";
import { withoutFfmpeg } from "../video/media.ts";
import { storedResults } from "../video/results.ts";
import { smallDisk, withoutSmallDisks } from "../video/small_disk.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { videoBefore } from "../video/video_before.ts";
import { waitFor } from "../video/wait_for.ts";
import { openStream, startTestServer, type TestServer } from "./test_server.ts";
import { dogVideo, isOver, submit, untilJob } from "./video_client.ts";

/** Said outright, so that no server waits for autotune. */
const CHOSEN_PLAN = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "2" };
/** Generous, as tests share a slow machine with others. */
const TIMEOUT_MS = 60_000;

function urlOf({ host }: TestServer): string {
  return `http://${host}/`;
}

Deno.test({
  name: "a job survives three kill -9 of the server, and has every frame exactly once",
  ignore: withoutFfmpeg,
  async fn() {
    await using directory = await temporaryDirectory();
    const environment = { ...CHOSEN_PLAN, DATA_DIR: directory.path };
    const frames = 200;
    let id: string | undefined;
    let done = 0;
    for (let deaths = 0; deaths < 3; deaths++) {
      const server = await startServerProcess(environment);
      id ??= await submit(server.url, await dogVideo(frames));
      const job = await untilJob(server.url, id, ({ progress }) => progress.current_step > done);
      expect(job.status).toBe("processing");
      done = job.progress.current_step;
      await server.stop("SIGKILL");
    }
    await using server = await startServerProcess(environment);
    expect(await untilJob(server.url, id ?? "", isOver)).toMatchObject({ status: "completed" });
    expect(server.log.find(({ event }) => event === "job_started")?.frames_done)
      .toBeGreaterThanOrEqual(done);
    const results = await fetch(new URL(`/video/results/${id}?format=jsonl`, server.url));
    const lines = (await results.text()).trimEnd().split("\n");
    const indices = lines.map((line) => (JSON.parse(line) as VideoFrameResult).frame_index);
    expect(indices).toEqual(Array.from({ length: frames }, (_, index) => index));
  },
});

/** Enough that a job is not over before its decode process is found and killed. */
const FRAMES = 240;

/** What a file of `/proc` says, or a link there leads to; nothing if its process has just ended. */
function readProc(path: string, read: (path: string) => string = Deno.readTextFileSync): string {
  try {
    return read(`/proc/${path}`);
  } catch {
    return "";
  }
}

/** The decode process of a job: other tests, which run in the same process as this one, have theirs. */
async function decodeProcessOf(jobId: string): Promise<number> {
  for await (const { name: pid } of Deno.readDir("/proc")) {
    if (!readProc(`${pid}/cmdline`).includes("decode_process")) continue;
    const files = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`)).catch(() => []);
    if (
      files.some(({ name }) => readProc(`${pid}/fd/${name}`, Deno.readLinkSync).includes(jobId))
    ) {
      return Number(pid);
    }
  }
  throw new Error(`No process decodes the video of ${jobId}`);
}

Deno.test({
  name: "kill -9 of the decode process fails its job only; another job and a stream go on",
  ignore: withoutFfmpeg || Deno.build.os !== "linux",
  async fn() {
    await using server = await startTestServer({ environment: { VIDEO_WORKERS: "2" } });
    const url = urlOf(server);
    const stream = openStream(server, "?pipeline_id=yolo_only");
    await stream.opened;
    const file = await dogVideo(FRAMES);
    const hit = await submit(url, file);
    await untilJob(url, hit, ({ progress }) => progress.current_step > 0);
    const pid = await decodeProcessOf(hit);
    const spared = await submit(url, file);
    Deno.kill(pid, "SIGKILL");
    expect(await untilJob(url, hit, isOver)).toMatchObject({
      status: "failed",
      error: "decode_failed",
      detail: "Decoding the video broke off unexpectedly",
    });
    stream.send(await readFixture("dog.jpg"));
    expect(await stream.received(1)).toMatchObject([{ frame_index: 1, result: {} }]);
    await stream.close();
    expect((await untilJob(url, spared, isOver)).status).toBe("completed");
    await fetch(new URL(`/video/retry/${hit}`, url), { method: "POST" });
    expect(await untilJob(url, hit, isOver)).toMatchObject({
      status: "completed",
      progress: { current_step: FRAMES },
    });
    const { store } = await server.services.videos.open();
    expect(await storedResults(store, hit)).toHaveLength(FRAMES);
  },
});

Deno.test("a client that stops uploading half-way leaves nothing behind", async () => {
  await using server = await startTestServer();
  const { store } = await server.services.videos.open();
  const { files } = store;
  const [hostname = "", port] = server.host.split(":");
  const connection = await Deno.connect({ hostname, port: Number(port) });
  const head = "--x\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\n\r\n";
  await connection.write(new TextEncoder().encode(
    "POST /video/submit?pipeline_id=yolo_only HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n" +
      `Content-Type: multipart/form-data; boundary=x\r\n\r\n${head}\0\0\0\x20ftypisom${
        "\0".repeat(200_000)
      }`,
  ));
  const list = () => [...Deno.readDirSync(files.directory)].map(({ name }) => name);
  await waitFor(() => list().some((name) => name.endsWith(".part")), TIMEOUT_MS);
  connection.close();
  await waitFor(() => list().length === 0, TIMEOUT_MS);
  expect(store.list()).toEqual([]);
  expect((await server.fetch("/health")).status).toBe(200);
});

Deno.test({
  name: "a full disk refuses an upload in words, leaves nothing, and spares streams",
  ignore: withoutFfmpeg || withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(1_048_576);
    await using server = await startTestServer({
      environment: { DATA_DIR: `${disk?.path}`, DISK_RESERVE_MB: "0" },
    });
    const large = new Uint8Array(2_097_152);
    large.set(new TextEncoder().encode("\0\0\0\x20ftypisom"));
    const body = new FormData();
    body.set("file", new File([large], "large.mp4"));
    const path = "/video/submit?pipeline_id=yolo_only";
    const refused = await server.fetch(path, { method: "POST", body });
    expect([refused.status, await refused.json()]).toEqual([503, {
      error: "storage_full",
      detail: "The disk of the server is almost full",
    }]);
    const { store } = await server.services.videos.open();
    expect([...Deno.readDirSync(store.files.directory)]).toEqual([]);
    const stream = openStream(server, "?pipeline_id=yolo_only");
    await stream.opened;
    stream.send(await readFixture("dog.jpg"));
    expect(await stream.received(1)).toMatchObject([{ frame_index: 1 }]);
    await stream.close();
    const id = await submit(urlOf(server), await dogVideo(3));
    expect((await untilJob(urlOf(server), id, isOver)).status).toBe("completed");
  },
});

/** Uploads a video that so many zeros follow, written by hand: `fetch` waits between the chunks of a streamed body. */
async function postZeros({ hostname, port }: URL, fileBytes: number): Promise<string> {
  const encode = (text: string) => new TextEncoder().encode(text);
  const head = "--x\r\nContent-Disposition: form-data; name=file; filename=a.mp4\r\n\r\n";
  const start = Uint8Array.from([...encode(head), ...await videoBefore(fileBytes)]);
  const end = encode("\r\n--x--\r\n");
  using connection = await Deno.connect({ hostname, port: Number(port) });
  const writer = connection.writable.getWriter();
  await writer.write(encode(
    "POST /video/submit?pipeline_id=yolo_only HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" +
      "Content-Type: multipart/form-data; boundary=x\r\n" +
      `Content-Length: ${start.length + fileBytes + end.length}\r\n\r\n`,
  ));
  await writer.write(start);
  const zeros = new Uint8Array(1_048_576);
  for (let left = fileBytes; left > 0; left -= zeros.length) await writer.write(zeros);
  await writer.write(end);
  const answer = await new Response(connection.readable).text();
  return JSON.parse(answer.slice(answer.indexOf("{"))).job_id;
}

Deno.test("an upload of 400 MB takes less than 100 MB of memory", async () => {
  await using server = await startServerProcess(CHOSEN_PLAN);
  const before = residentMemory(server.pid);
  let highest = before;
  const sampling = setInterval(() => {
    highest = Math.max(highest, residentMemory(server.pid));
  }, 20);
  const bytes = 400 * 1_048_576;
  const id = await postZeros(new URL(server.url), bytes);
  clearInterval(sampling);
  expect(highest - before).toBeLessThan(100);
  const job = await untilJob(server.url, id, isOver);
  expect(job.file_bytes).toBe(bytes + (await videoBefore(0)).length);
  expect(job.status).toBe("completed");
});
