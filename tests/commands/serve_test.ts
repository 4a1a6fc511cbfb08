import { expect } from "expect";
import { startServerProcess } from "../../bench/server_process.ts";
import { readFixture } from "../read_fixture.ts";
import { TestClient } from "../routes/test_server.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

/** Runs the command line to its end. */
async function run(
  args: string[],
  environment: Record<string, string> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "-A", MAIN, ...args],
    env: { PORT: "0", ...environment },
  }).output();
  const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
  return { code, stdout: decode(stdout), stderr: decode(stderr) };
}

Deno.test("the server says where it is and stops on SIGINT and SIGTERM with exit code 0", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    await using server = await startServerProcess();
    const response = await fetch(new URL("/health", server.url));
    expect((await response.json()).status).toBe("healthy");
    expect(await server.stop(signal)).toBe(0);
    expect(server.log.map(({ event }) => event)).toEqual([
      "pipeline_ready",
      "server_start",
      "server_stop",
    ]);
  }
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
    "GET /ws/video/stream?pipeline_id=yolo_only HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n" +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  ));
  await connection.read(new Uint8Array(1024));
  const startedAt = performance.now();
  expect(await server.stop("SIGTERM")).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});

Deno.test("a port in use is told in one line", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const { code, stderr } = await run(["serve"], { PORT: String(port) });
  expect(code).toBe(2);
  expect(stderr).toBe(
    `livesyte: Cannot listen on port ${port}: it is in use. ` +
      "Stop the other program, or set PORT to another number\n",
  );
});

Deno.test("an address that is not this machine's is told in one line", async () => {
  const { code, stderr } = await run(["serve"], { HOST: "203.0.113.1" });
  expect(code).toBe(2);
  expect(stderr).toBe(
    "livesyte: Cannot listen on HOST 203.0.113.1: it is no address of this machine\n",
  );
});

Deno.test("a malformed setting is told in one line", async () => {
  const { code, stderr } = await run(["serve"], { STREAM_DROP_THRESHOLD: "abc" });
  expect(code).toBe(2);
  expect(stderr).toBe(
    'livesyte: Cannot parse STREAM_DROP_THRESHOLD: expected a number between 0 and 1, got "abc"\n',
  );
});

Deno.test("a model that is not there, or is none, is told in one line", async () => {
  const directory = await Deno.makeTempDir();
  try {
    const missing = await run(["serve"], { YOLO_MODEL: `${directory}/none.onnx` });
    expect(missing.code).toBe(2);
    expect(missing.stderr).toMatch(/^livesyte: [^\n]*none\.onnx[^\n]*\n$/);
    await Deno.writeTextFile(`${directory}/bad.onnx`, "this is no model");
    const bad = await run(["serve"], { YOLO_MODEL: `${directory}/bad.onnx` });
    expect(bad.code).toBe(2);
    expect(bad.stderr).toMatch(/^livesyte: [^\n]*bad\.onnx[^\n]*\n$/);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("--help, --version and an unknown command answer at once", async () => {
  expect(await run(["--help"])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("Usage: livesyte"),
  });
  expect((await run(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  expect(await run(["fly"])).toEqual({
    code: 2,
    stdout: "",
    stderr: 'livesyte: Unknown command "fly": see --help\n',
  });
});
