import { expect } from "expect";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { startServerProcess } from "../../bench/server_process.ts";
import { ensureModel } from "../pipeline/models.ts";
import { readFixture } from "../read_fixture.ts";
import { TestClient } from "../routes/test_server.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { runMain } from "./run_main.ts";

Deno.test("the server says where it is and stops on SIGINT and SIGTERM with exit code 0", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using server = await startServerProcess();
    const response = await fetch(new URL("/health", server.url));
    expect((await response.json()).status).toBe("healthy");
    expect(await server.stop(signal)).toBe(0);
    expect(server.log.map(({ event }) => event)).toEqual([
      "text_model",
      "pipeline_device",
      "pipeline_ready",
      "server_start",
      "server_stop",
    ]);
  }
});

Deno.test("a server says which text model stands in for the one that is missing", async () => {
  await using directory = await temporaryDirectory();
  for (const id of ["yolov8n", "ch_PP-OCRv4_det", "ch_PP-OCRv4_rec", "ppocr_keys_v1"]) {
    const path = await ensureModel(id);
    await Deno.copyFile(path, `${directory.path}/${path.slice(path.lastIndexOf("/") + 1)}`);
  }
  await using server = await startServerProcess({
    MODEL_DIR: directory.path,
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "1",
  });
  expect(server.log.find(({ event }) => event === "text_model")).toMatchObject({
    level: "warning",
    message: "Text is read with ch_PP-OCRv4, since PP-OCRv6_small is not there: run " +
      '"deno task models" to fetch it',
    model: "ch_PP-OCRv4",
    wanted: "PP-OCRv6_small",
  });
});

Deno.test("a server with TLS says so, streams over WSS, and asks browsers to come back that way", async () => {
  await using directory = await temporaryDirectory();
  await using server = await startServerProcess({
    TLS: "self-signed",
    DATA_DIR: directory.path,
    PIPELINE_WORKERS: "1",
    PIPELINE_THREADS: "1",
  });
  expect(server.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+\/$/);
  const ca = await Deno.readTextFile(`${directory.path}/self_signed_cert.pem`);
  using client = Deno.createHttpClient({ caCerts: [ca] });
  const hstsOf = async (url: URL) => {
    const init: RequestInit & { client: Deno.HttpClient } = { client };
    const response = await fetch(url, init);
    await response.body?.cancel();
    return [response.status, response.headers.get("Strict-Transport-Security")];
  };
  for (const [path, status] of [["/", 200], ["/health", 200], ["/nowhere", 404]] as const) {
    expect(await hstsOf(new URL(path, server.url))).toEqual([status, "max-age=31536000"]);
  }
  const local = new URL("/health", server.url);
  local.hostname = "localhost";
  expect(await hstsOf(local)).toEqual([200, null]);
  const url = new URL("/ws/video/stream?pipeline_id=yolo_only", server.url);
  const socket = new WebSocket(url.href.replace("https", "wss"), { ca });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  socket.send(await readFixture("dog.jpg"));
  const answer = await new Promise((resolve) => socket.once("message", resolve));
  const { detections } = JSON.parse(String(answer)).result;
  expect(detections.map(({ label }: { label: string }) => label)).toContain("dog");
  const closed = new Promise((resolve) => socket.once("close", resolve));
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(await closed).toBe(1001);
});

Deno.test("a stopping server answers its streams, closes them with 1001 and logs each end once", async () => {
  await using server = await startServerProcess();
  const client = new TestClient(
    `${server.url.replace("http", "ws")}ws/video/stream?pipeline_id=yolo_only`,
  );
  await client.opened;
  client.send(await readFixture("dog.jpg"));
  await client.received(1);
  const stopped = server.stop("SIGTERM");
  expect(await client.closed).toEqual({ code: 1001, reason: "server_shutdown" });
  expect(await stopped).toBe(0);
  const events = server.log.map(({ event }) => event);
  expect(events.filter((event) => event === "stream_connect")).toHaveLength(1);
  expect(events.filter((event) => event === "stream_disconnect")).toHaveLength(1);
  const disconnect = server.log.find(({ event }) => event === "stream_disconnect");
  expect(disconnect).toEqual({
    timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    level: "info",
    event: "stream_disconnect",
    message: expect.any(String),
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    pipeline_id: "yolo_only",
    frame_index: 1,
    dropped_frames: 0,
    duration_s: expect.any(Number),
    close_code: 1001,
  });
});

Deno.test("a server whose client does not answer the close still stops", async () => {
  await using server = await startServerProcess();
  const { hostname, port } = new URL(server.url);
  using connection = await Deno.connect({ hostname, port: Number(port) });
  await connection.write(new TextEncoder().encode(
    "GET /ws/video/stream?pipeline_id=yolo_only HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n" +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ));
  await connection.read(new Uint8Array(1024));
  const startedAt = performance.now();
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

Deno.test("--help, --version and an unknown command answer at once", async () => {
  for (const args of [["--help"], ["-h"], ["serve", "--help"], ["worker", "-h"]]) {
    expect([args, await runMain(args)]).toMatchObject([args, {
      code: 0,
      stdout: expect.stringContaining("Usage: livesyte"),
    }]);
  }
  expect((await runMain(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await runMain(["fly"])).toEqual({
    code: 2,
    stdout: "",
    stderr: 'livesyte: Unknown command "fly": see --help\n',
  });
  expect((await runMain(["worker", "--lan"])).stderr)
    .toBe("livesyte: worker takes no options: see --help\n");
});
