import { configure, reset } from "@logtape/logtape";
import { expect } from "expect";
import { checkTrusted } from "../../lib/http/access.ts";
import { formatJson } from "../../lib/telemetry/log.ts";
import { requestRaw } from "../routes/raw_request.ts";
import { TestClient } from "../routes/test_server.ts";
import { waitFor } from "../video/wait_for.ts";
import { startCameraServer } from "./camera_server.ts";

const RULES = { allowedOrigins: [], authToken: undefined };

/** Whether a request is let pass. */
function passes(
  hostname: string,
  headers: Record<string, string> = {},
  rules: Parameters<typeof checkTrusted>[2] = RULES,
): boolean {
  const request = new Request("http://localhost/camera", {
    method: "POST",
    headers: { Host: "localhost:8000", ...headers },
  });
  try {
    checkTrusted(request, { transport: "tcp", hostname, port: 1 }, rules);
    return true;
  } catch {
    return false;
  }
}

Deno.test("without a token only the machine itself may change cameras", () => {
  for (const hostname of ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]) {
    expect([hostname, passes(hostname)]).toEqual([hostname, true]);
  }
  for (
    const hostname of [
      "192.168.1.5",
      "10.0.0.1",
      "fd00::7",
      "::ffff:192.168.1.5",
      "::",
      "0.0.0.0",
      "",
    ]
  ) {
    expect([hostname, passes(hostname)]).toEqual([hostname, false]);
  }
});

Deno.test("a proxy on the machine makes nobody the machine itself", () => {
  for (
    const headers of [
      { "X-Forwarded-For": "127.0.0.1" },
      { "X-Real-IP": "127.0.0.1" },
      { Forwarded: "for=127.0.0.1" },
      { Via: "1.1 proxy" },
      { Host: "vision.example.com" },
      { Host: "" },
    ]
  ) expect([headers, passes("127.0.0.1", headers)]).toEqual([headers, false]);
  expect(passes("192.168.1.5", { "X-Forwarded-For": "127.0.0.1" })).toBe(false);
});

Deno.test("with a token those who present it may change cameras, and nobody else", () => {
  const rules = { ...RULES, authToken: "letmein" };
  expect(passes("192.168.1.5", { Authorization: "Bearer letmein" }, rules)).toBe(true);
  expect(passes("192.168.1.5", { Authorization: "Bearer wrong" }, rules)).toBe(false);
  expect(passes("127.0.0.1", {}, rules)).toBe(false);
  // Nor a page of another site, in a browser on the machine.
  expect(passes("127.0.0.1", { Origin: "https://evil.example" })).toBe(false);
  expect(passes("127.0.0.1", { Origin: "http://localhost:8000" })).toBe(true);
});

/** Every request that can change a camera. */
const CHANGES = [
  ["POST", "/camera"],
  ["PATCH", "/camera/door"],
  ["DELETE", "/camera/door"],
  ["POST", "/camera/test"],
  ["POST", "/camera/door/start"],
  ["POST", "/camera/door/stop"],
  ["POST", "/camera/door/auto"],
] as const;

Deno.test("the address that counts is that of the connection, whatever a client claims", async () => {
  await using cameras = await startCameraServer({ hostname: "0.0.0.0" });
  const { port } = new URL(`http://${cameras.server.host}`);
  const other = Deno.networkInterfaces().find(({ family, address }) =>
    family === "IPv4" && !address.startsWith("127.")
  );
  for (const [method, path] of CHANGES) {
    const here = await requestRaw(`127.0.0.1:${port}`, path, { method });
    expect([method, path, here.status === 403]).toEqual([method, path, false]);
    const claims = { "X-Livesyte-Client": "127.0.0.1 9", "Content-Length": "0" };
    const forwarded = await requestRaw(`127.0.0.1:${port}`, path, {
      method,
      headers: { ...claims, "X-Forwarded-For": "203.0.113.5" },
    });
    expect([method, path, forwarded.status]).toEqual([method, path, 403]);
    // A machine without a network cannot be its own stranger.
    if (other === undefined) continue;
    const stranger = await requestRaw(`${other.address}:${port}`, path, {
      method,
      headers: claims,
    });
    expect([method, path, stranger.status]).toEqual([method, path, 403]);
    expect(JSON.parse(stranger.body)).toMatchObject({ error: "forbidden" });
    // Looking is for everyone.
    expect((await requestRaw(`${other.address}:${port}`, "/camera")).status).toBe(200);
  }
});

Deno.test("with a token set, everything about cameras asks for it", async () => {
  await using cameras = await startCameraServer({ environment: { STREAM_AUTH_TOKEN: "letmein" } });
  const looks = [
    "/camera",
    "/camera/door",
    "/camera/door/snapshot.jpg",
    "/camera/door/stream.mjpeg",
  ];
  for (const [method, path] of [...CHANGES, ...looks.map((path) => ["GET", path] as const)]) {
    const response = await cameras.server.fetch(path, { method });
    await response.body?.cancel();
    expect([method, path, response.status]).toEqual([method, path, 401]);
  }
  const added = await cameras.send("POST", "/camera?token=letmein", {
    id: "door",
    name: "Door",
    url: "/dev/video9",
    pipeline_id: "test",
  });
  expect(added.status).toBe(201);
  await added.body?.cancel();
});

Deno.test("secrets of an address are in no answer, message, log line or metric", async () => {
  const lines: string[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record) => lines.push(formatJson(record)) },
    loggers: [
      { category: "livesyte", sinks: ["memory"], lowestLevel: "debug" },
      { category: ["logtape", "meta"], sinks: [] },
    ],
  });
  try {
    await using cameras = await startCameraServer();
    const texts: string[] = [];
    const send = async (method: string, path: string, body?: unknown) => {
      const response = await cameras.send(method, path, body);
      texts.push(await response.text());
    };
    // Nothing listens there, so that every error on the way is told.
    const url = "rtsp://Quser1:Qpass%402@127.0.0.1:9/Qpath?key=Qvalue3#Qmark4";
    await cameras.add({ url, always: true });
    const client = new TestClient(cameras.socketUrl());
    await cameras.becomes("failed");
    for (
      const path of [
        "/camera",
        "/camera/door",
        "/camera/door/snapshot.jpg",
        "/sessions",
        "/metrics",
        "/health",
      ]
    ) {
      await send("GET", path);
    }
    await send("POST", "/camera/test", { url });
    await send("POST", "/camera", { id: "door", name: "Door", url, pipeline_id: "test" });
    await send("POST", "/camera", {
      id: "b",
      name: "B",
      url: url.replace("@127", "/@127"),
      pipeline_id: "test",
    });
    await send("POST", "/camera", {
      id: "b",
      name: "B",
      url: url.replace("rtsp", "ftp"),
      pipeline_id: "test",
    });
    await send("PATCH", "/camera/door", { url: `${url} ` });
    await send("PATCH", "/camera/door", { url, fps: 5 });
    await waitFor(() => client.messages.length > 4);
    texts.push(...client.messages.map((message) => JSON.stringify(message)));
    await client.close();
    await send("DELETE", "/camera/door");
    texts.push(...lines);
    expect(lines.filter((line) => line.includes("camera_error")).length).toBeGreaterThan(0);
    expect(texts.join("\n")).toContain("rtsp://***:***@127.0.0.1:9/Qpath?key=***#***");
    for (const text of texts) {
      for (const secret of ["Quser1", "Qpass", "Qvalue3", "Qmark4"]) {
        expect([text, text.includes(secret)]).toEqual([text, false]);
      }
    }
  } finally {
    await reset();
  }
});
