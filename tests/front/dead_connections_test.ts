import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { beginFrame, RawClient, sleep } from "../attacks/raw_client.ts";

const STREAM = "/ws/video/stream?pipeline_id=yolo_only";
const REFUSED = "/ws/video/watch?session_id=x";
/** How long the server may take to close its ends, in milliseconds. */
const RECOVERY_MS = 20_000;

/** Connections that answer nothing: what they send, and within how many seconds they have to be ended, on a busy machine too. */
const DEAD: Readonly<
  Record<string, [seconds: number, open: (host: string) => Promise<RawClient>]>
> = {
  "nothing sent": [15, (host) => RawClient.connect(host)],
  "half a request head": [15, (host) => connectAndSend(host, "GET / HTTP/1.1\r\nX: ")],
  "idle after an answer": [
    81,
    (host) => connectAndSend(host, `GET /health HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
  ],
  "a body that never comes": [
    16,
    (host) => connectAndSend(host, postOf(host, "/pipelines/yolo_only/run", "image/jpeg")),
  ],
  "an upload that never comes": [
    16,
    (host) =>
      connectAndSend(host, postOf(host, "/video/submit", "multipart/form-data; boundary=b")),
  ],
  "a refused viewer": [11, (host) => RawClient.openWebSocket(host, REFUSED)],
  "a silent stream": [46, (host) => RawClient.openWebSocket(host, STREAM)],
  "a stream with half a frame": [21, async (host) => {
    const client = await RawClient.openWebSocket(host, STREAM);
    client.send(beginFrame(2, 1000, { payload: new Uint8Array(10) }));
    return client;
  }],
  "an unknown job": [
    11,
    (host) => RawClient.openWebSocket(host, "/ws/jobs/6f1c0c4e-6d0b-4a44-8f0e-3c8a9a3c5d11"),
  ],
  "HTTP/2": [7, (host) => connectAndSend(host, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")],
};

async function connectAndSend(host: string, text: string): Promise<RawClient> {
  const client = await RawClient.connect(host);
  client.send(text);
  return client;
}

function postOf(host: string, path: string, type: string): string {
  return `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\n` +
    "Content-Length: 5000000\r\n\r\n--b\r\n";
}

/** Files that a process has open. */
function descriptorsOf(pid: number): number {
  return [...Deno.readDirSync(`/proc/${pid}/fd`)].length;
}

Deno.test({
  name: "connections that answer nothing are ended, each kind in its time, and leave nothing open",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using server = await startServerProcess({ PIPELINE_WORKERS: "1", PIPELINE_THREADS: "1" });
    const { host } = new URL(server.url);
    // The store of the jobs opens its files when somebody first asks for one.
    await (await fetch(new URL("/video/jobs", server.url))).body?.cancel();
    const before = descriptorsOf(server.pid);
    const late = await Promise.all(
      Object.entries(DEAD).map(async ([kind, [seconds, open]]) => {
        const clients = await Promise.all(Array.from({ length: 10 }, () => open(host)));
        const ends = await Promise.all(clients.map((client) => client.endsWithin(seconds * 1000)));
        for (const client of clients) client[Symbol.dispose]();
        return ends.every((hasEnded) => hasEnded) ? [] : [kind];
      }),
    );
    expect(late.flat()).toEqual([]);
    const startedAt = performance.now();
    while (descriptorsOf(server.pid) > before && performance.now() - startedAt < RECOVERY_MS) {
      await sleep(100);
    }
    expect(descriptorsOf(server.pid)).toBeLessThanOrEqual(before);
  },
});
