import { expect } from "expect";
import { type ServerProcess, startServerProcess, thisProject } from "../../bench/server_process.ts";
import { beginFrame, RawClient, sleep } from "../attacks/raw_client.ts";
import { waitFor } from "../video/wait_for.ts";

const FEW_WORKERS = { PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" };
const STREAM = "/ws/video/stream?pipeline_id=yolo_only";
const LIMIT_MS = 10_000;

/** Uploads a video, and stops the process that decodes it, so that the job hangs for good; returns that process's id. */
async function startHangingJob({ url, pid }: ServerProcess): Promise<number> {
  const body = new FormData();
  const video = await Deno.readFile(new URL("../fixtures/dog.mp4", import.meta.url));
  body.set("file", new File([video], "dog.mp4"));
  const target = new URL("/video/submit?pipeline_id=yolo_only", url);
  const response = await fetch(target, { method: "POST", body });
  expect(response.status).toBe(202);
  await response.body?.cancel();
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    const children = await Deno.readTextFile(`/proc/${pid}/task/${pid}/children`);
    const child = children.trim().split(" ").map(Number).find(isDecoder);
    if (child !== undefined) {
      Deno.kill(child, "SIGSTOP");
      return child;
    }
    await sleep(1);
  }
  throw new Error("No process decodes the video");
}

/** Whether the process has become what it is to be: one that is stopped sooner holds up its parent as well. */
function isDecoder(pid: number): boolean {
  try {
    return Deno.readTextFileSync(`/proc/${pid}/cmdline`).includes("decode_process");
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test({
  name: "a server stops within 10 seconds, whatever is half-open, half-sent or hangs",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startServerProcess(FEW_WORKERS);
    const { url } = server;
    const decoder = await startHangingJob(server);
    const clients = await Promise.all([
      RawClient.connect(url),
      RawClient.connect(url),
      RawClient.connect(url),
      RawClient.connect(url),
      RawClient.openWebSocket(url, STREAM),
      RawClient.openWebSocket(url, STREAM),
      RawClient.openWebSocket(url, "/ws/video/watch?session_id=x"),
    ]);
    clients[1].send("GET / HTTP/1.1\r\nHost: x");
    clients[2].send("POST /video/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n--b");
    clients[3].send("GET /health HTTP/1.1\r\nHost: x\r\n\r\n");
    clients[4].send(beginFrame(2, 5000, { payload: new Uint8Array(100) }));
    await sleep(200);
    const startedAt = performance.now();
    expect(await server.stop("SIGTERM")).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
    expect(isRunning(decoder)).toBe(false);
    for (const client of clients) client[Symbol.dispose]();
  },
});

Deno.test({
  name: "a second signal ends a server at once, the same one delivered twice does not",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startServerProcess(FEW_WORKERS);
    // Each is waited for, for a second.
    using stream = await RawClient.openWebSocket(server.url, STREAM);
    using upload = await RawClient.connect(server.url);
    upload.send("POST /video/submit HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n--b");
    await sleep(200);
    // As npx delivers it.
    Deno.kill(server.pid, "SIGINT");
    await sleep(50);
    Deno.kill(server.pid, "SIGINT");
    await sleep(700);
    expect(isRunning(server.pid)).toBe(true);
    const startedAt = performance.now();
    expect(await server.stop("SIGINT")).toBe(130);
    expect(performance.now() - startedAt).toBeLessThan(2000);
    for (const client of [stream, upload]) expect(await client.endsWithin(60_000)).toBe(true);
  },
});

Deno.test({
  name: "a server that is still starting stops too",
  ignore: Deno.build.os === "windows",
  async fn() {
    const port = freePort();
    const { command, args } = thisProject();
    const directory = await Deno.makeTempDir();
    const child = new Deno.Command(command, {
      args,
      env: { PORT: String(port), DATA_DIR: directory },
      stdout: "null",
      stderr: "null",
    }).spawn();
    try {
      await waitFor(() => isListening(port));
      const startedAt = performance.now();
      child.kill("SIGTERM");
      expect(await child.status).toMatchObject({ code: 0 });
      expect(performance.now() - startedAt).toBeLessThan(LIMIT_MS);
    } finally {
      await Deno.remove(directory, { recursive: true });
    }
  },
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return (listener.addr as Deno.NetAddr).port;
}

async function isListening(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}
