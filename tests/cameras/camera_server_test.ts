import { expect } from "expect";
import sharp, { type Region } from "sharp";
import { RawClient, sleep } from "../attacks/raw_client.ts";
import { readFixture } from "../read_fixture.ts";
import { openStream, TestClient } from "../routes/test_server.ts";
import { startMjpegCamera } from "../video/live/sources.ts";
import { waitFor } from "../video/wait_for.ts";
import { decoders, FOUND, startCameraServer } from "./camera_server.ts";

/** The states that a client was told, in their order. */
function statesOf({ messages }: TestClient): string[] {
  return messages.flatMap((message) => "state" in message ? [String(message.state)] : []);
}

function resultsOf({ messages }: TestClient): number[] {
  return messages.flatMap((message) => "result" in message ? [message.frame_index] : []);
}

/** Waits until so many results have come. */
async function seesResults(client: TestClient, count: number): Promise<void> {
  await waitFor(() => resultsOf(client).length >= count);
}

Deno.test("a camera is added, watched with its frames, and goes off when nobody watches", async () => {
  await using cameras = await startCameraServer();
  expect(await cameras.add()).toMatchObject({ id: "door", fps: 10, always: false, state: "idle" });
  const client = new TestClient(cameras.socketUrl("?frames=1"));
  const startedAt = performance.now();
  await seesResults(client, 1);
  expect(performance.now() - startedAt).toBeLessThan(5000);
  await seesResults(client, 20);
  expect(statesOf(client)).toEqual(["idle", "starting", "active"]);
  expect(client.messages.find((message) => "result" in message)).toMatchObject({
    frame_index: 1,
    result: { detections: FOUND.detections },
  });
  await waitFor(() => client.frames.length >= 15);
  const [frame = new ArrayBuffer()] = client.frames;
  expect(await sharp(new Uint8Array(frame)).metadata())
    .toMatchObject({ format: "jpeg", width: 640, height: 480 });
  const view = await cameras.view();
  expect(view).toMatchObject({ state: "active", client_count: 1, width: 640, height: 480 });
  await waitFor(async () => (await cameras.view()).answered_fps > 5);
  expect((await cameras.view()).answered_fps).toBeLessThan(12);
  // It is among the sessions, and can be watched as one.
  const { sessions } = await (await cameras.server.fetch("/sessions")).json();
  expect(sessions).toMatchObject([{
    session_id: view.session_id,
    camera_id: "door",
    name: "Door",
  }]);
  const path = `/ws/video/watch?session_id=${view.session_id}`;
  const viewer = new TestClient(`ws://${cameras.server.host}${path}`);
  await seesResults(viewer, 2);
  expect((await cameras.view()).client_count).toBe(2);
  expect(new Set(cameras.looks.get(view.session_id ?? ""))).toEqual(new Set(["camera"]));
  expect(decoders()).toHaveLength(1);
  await client.close();
  await viewer.close();
  await cameras.becomes("idle");
  expect(decoders()).toEqual([]);
  expect((await (await cameras.server.fetch("/sessions")).json()).sessions).toEqual([]);
});

Deno.test("a client of a camera that is not there is told so", async () => {
  await using cameras = await startCameraServer();
  const client = new TestClient(cameras.socketUrl("", "nowhere"));
  expect(await client.closed).toEqual({ code: 1008, reason: "camera_not_found" });
  expect(client.messages).toEqual([{
    error: "camera_not_found",
    detail: "Unknown camera: nowhere",
  }]);
  for (
    const path of [
      "/camera/nowhere",
      "/camera/nowhere/snapshot.jpg",
      "/camera/nowhere/stream.mjpeg",
    ]
  ) {
    const response = await cameras.server.fetch(path);
    expect([response.status, (await response.json()).error]).toEqual([404, "camera_not_found"]);
  }
});

Deno.test("ten viewers of a camera cost one decoder and one look at each frame", async () => {
  await using cameras = await startCameraServer();
  await cameras.add();
  const clients = Array.from({ length: 10 }, () => new TestClient(cameras.socketUrl("?frames=1")));
  for (const client of clients) await seesResults(client, 20);
  expect(decoders()).toHaveLength(1);
  const { frame_index } = (await (await cameras.server.fetch("/sessions")).json()).sessions[0];
  const looks = [...cameras.looks.values()].flat().length;
  expect(looks).toBeLessThanOrEqual(frame_index);
  for (const client of clients) await client.close();
});

Deno.test("a camera does not take a place of STREAM_MAX_SESSIONS", async () => {
  await using cameras = await startCameraServer({ environment: { STREAM_MAX_SESSIONS: "1" } });
  await cameras.add({ always: true });
  await cameras.becomes("active");
  const stream = openStream(cameras.server, "?pipeline_id=test");
  await stream.opened;
  stream.send(await readFixture("dog.jpg"));
  expect(await stream.received(1)).toMatchObject([{ frame_index: 1 }]);
  expect((await (await cameras.server.fetch("/health")).json()).sessions).toEqual({
    active: 1,
    max: 1,
  });
  await stream.close();
});

Deno.test("a decoder that is killed is started again once, and viewers stay connected", async () => {
  await using cameras = await startCameraServer();
  await cameras.add();
  const client = new TestClient(cameras.socketUrl());
  await seesResults(client, 3);
  const [first = 0] = decoders();
  Deno.kill(first, "SIGKILL");
  await waitFor(() => statesOf(client).includes("failed"));
  expect(await cameras.view()).toMatchObject({ last_error: { code: "crashed" }, error_count: 1 });
  const seen = resultsOf(client).length;
  await seesResults(client, seen + 3);
  expect(statesOf(client)).toEqual(["idle", "starting", "active", "failed", "starting", "active"]);
  expect(await cameras.view()).toMatchObject({ state: "active", restarts: 1 });
  expect(decoders()).toHaveLength(1);
  expect(decoders()).not.toContain(first);
  expect(await (await cameras.server.fetch("/metrics")).text())
    .toContain('camera_restarts_total{camera="door"} 1');
  await client.close();
});

Deno.test("a source that goes away and comes back is found again", async () => {
  const jpeg = await readFixture("dog.jpg");
  const abort = new AbortController();
  const first = startMjpegCamera(jpeg, 10, { signal: abort.signal });
  const { port } = first.addr;
  await using cameras = await startCameraServer();
  await cameras.add({ url: `http://admin:secret@127.0.0.1:${port}/video` });
  const client = new TestClient(cameras.socketUrl());
  await seesResults(client, 3);
  abort.abort();
  await first.finished;
  await waitFor(() => statesOf(client).includes("failed"));
  const source = startMjpegCamera(jpeg, 10, { port });
  const seen = resultsOf(client).length;
  await seesResults(client, seen + 3);
  expect((await cameras.view()).state).toBe("active");
  await client.close();
  await cameras.becomes("idle");
  await source.shutdown();
});

Deno.test("a snapshot starts a camera, and shows what was found where it is asked for", async () => {
  await using cameras = await startCameraServer();
  await cameras.add();
  const response = await cameras.server.fetch("/camera/door/snapshot.jpg");
  expect([
    response.status,
    response.headers.get("Content-Type"),
    response.headers.get("Cache-Control"),
  ])
    .toEqual([200, "image/jpeg", "no-store"]);
  const colorOf = async (jpeg: ArrayBuffer, area: Region) => {
    const pixels = await sharp(new Uint8Array(jpeg)).extract(area).raw().toBuffer();
    return [0, 1, 2].map((channel) => {
      const values = pixels.filter((_, index) => index % 3 === channel);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    });
  };
  const plain = await response.arrayBuffer();
  const drawn = await (await cameras.server.fetch("/camera/door/snapshot.jpg?overlay=1"))
    .arrayBuffer();
  expect(await sharp(new Uint8Array(drawn)).metadata()).toMatchObject({ width: 640, height: 480 });
  const difference = async (area: Region) => {
    const [a, b] = [await colorOf(plain, area), await colorOf(drawn, area)];
    return Math.max(...a.map((value, index) => Math.abs(value - (b[index] ?? 0))));
  };
  // The left edge of the box, and a place without anything.
  expect(await difference({ left: 99, top: 150, width: 2, height: 100 })).toBeGreaterThan(30);
  expect(await difference({ left: 600, top: 20, width: 20, height: 20 })).toBeLessThan(8);
  const wrong = await cameras.server.fetch("/camera/door/snapshot.jpg?overlay=yes");
  expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("overlay")]);
});

Deno.test("a snapshot of a camera that gives none tells why, and soon", async () => {
  await using cameras = await startCameraServer();
  await cameras.add({ url: "rtsp://admin:secret@127.0.0.1:9/live" });
  const response = await cameras.server.fetch("/camera/door/snapshot.jpg");
  const text = await response.text();
  expect([response.status, text]).toEqual([
    503,
    expect.stringMatching(/"camera_unavailable".*refused/),
  ]);
  expect(text).not.toContain("secret");
  await cameras.send("POST", "/camera/door/stop");
  const stopped = await cameras.server.fetch("/camera/door/snapshot.jpg");
  expect([stopped.status, (await stopped.json()).detail]).toEqual([
    503,
    "The camera gives no frame now",
  ]);
});

Deno.test("an MJPEG stream goes on beside one that is not read, and ends with its client", async () => {
  await using cameras = await startCameraServer();
  await cameras.add();
  const stuck = await RawClient.connect(cameras.server.host);
  const abort = new AbortController();
  const response = await cameras.server.fetch("/camera/door/stream.mjpeg?overlay=1", abort);
  expect(response.headers.get("Content-Type")).toBe("multipart/x-mixed-replace; boundary=frame");
  stuck.pause();
  stuck.send("GET /camera/door/stream.mjpeg HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  await waitFor(() => cameras.server.services.cameras.get("door").stream.session.clientCount === 2);
  const decoder = new TextDecoder("latin1");
  let text = "";
  const startedAt = performance.now();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk);
    if (text.split("--frame\r\n").length > 40) break;
  }
  expect(performance.now() - startedAt).toBeLessThan(15_000);
  expect(text).toMatch(
    /^(\r\n)*--frame\r\nContent-Type: image\/jpeg\r\nContent-Length: \d+\r\n\r\n\xff\xd8/,
  );
  abort.abort();
  await waitFor(() => cameras.server.services.cameras.get("door").stream.session.clientCount === 1);
  stuck.reset();
  await cameras.becomes("idle");
  expect(decoders()).toEqual([]);
});

Deno.test("clients that join and leave all the time leak nothing", async () => {
  await using cameras = await startCameraServer();
  await cameras.add();
  const kept = new TestClient(cameras.socketUrl());
  await seesResults(kept, 1);
  const files = () => [...Deno.readDirSync("/proc/self/fd")].length;
  const before = files();
  const clients: Promise<void>[] = [];
  for (let count = 0; count < 100; count += 1) {
    const client = new TestClient(cameras.socketUrl("?frames=1"));
    clients.push(client.opened.then(() => sleep(50)).then(() => client.close()));
    await sleep(20);
  }
  await Promise.all(clients);
  const { session } = cameras.server.services.cameras.get("door").stream;
  await waitFor(() => session.clientCount === 1);
  await waitFor(() => files() <= before + 2);
  expect(decoders()).toHaveLength(1);
  await kept.close();
  await cameras.becomes("idle");
  expect(session.clientCount).toBe(0);
});

Deno.test("a camera that was added is there after a restart, and one that was removed is not", async () => {
  const directory = await Deno.makeTempDir({ prefix: "livesyte-" });
  const environment = { DATA_DIR: directory };
  {
    await using cameras = await startCameraServer({ environment });
    await cameras.add();
    await cameras.add({ id: "yard", name: "Yard" });
    expect((await cameras.send("DELETE", "/camera/yard")).status).toBe(204);
    const changed = await cameras.send("PATCH", "/camera/door", {
      name: "Back door",
      always: true,
    });
    expect(await changed.json()).toMatchObject({ name: "Back door", always: true });
    await cameras.becomes("active");
  }
  expect(decoders()).toEqual([]);
  await using cameras = await startCameraServer({ environment });
  expect(await (await cameras.server.fetch("/camera")).json())
    .toMatchObject({ cameras: [{ id: "door", name: "Back door", read_only: false }] });
  await cameras.becomes("active");
  await cameras.server.services.cameras.stop();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("cameras of CAMERAS_FILE are read-only, and go before those that were added", async () => {
  const directory = await Deno.makeTempDir({ prefix: "livesyte-" });
  const file = `${directory}/list.json`;
  const door = { id: "door", name: "From the file", url: "/dev/video9", pipeline_id: "test" };
  const added = { ...door, name: "Added" };
  await Deno.writeTextFile(file, JSON.stringify({ cameras: [door] }));
  await Deno.writeTextFile(`${directory}/cameras.json`, JSON.stringify({ cameras: [added] }));
  await using cameras = await startCameraServer({
    environment: { CAMERAS_FILE: file, DATA_DIR: directory },
  });
  expect(await cameras.view()).toMatchObject({ name: "From the file", read_only: true });
  for (const [method, body] of [["PATCH", { name: "Mine" }], ["DELETE", undefined]] as const) {
    const response = await cameras.send(method, "/camera/door", body);
    expect([response.status, (await response.json()).error]).toEqual([409, "camera_read_only"]);
  }
  expect((await cameras.send("POST", "/camera", door)).status).toBe(409);
  // The one that stands back is kept.
  await cameras.add({ id: "yard", name: "Yard" });
  const kept = JSON.parse(await Deno.readTextFile(`${directory}/cameras.json`));
  expect(kept.cameras.map(({ name }: { name: string }) => name)).toEqual(["Added", "Yard"]);
  await cameras.server.services.cameras.stop();
  await Deno.remove(directory, { recursive: true });
});

Deno.test("a damaged store stops no other camera, refuses changes, and stays as it is", async () => {
  const directory = await Deno.makeTempDir({ prefix: "livesyte-" });
  await Deno.writeTextFile(`${directory}/cameras.json`, '{"cameras":[');
  await using cameras = await startCameraServer({ environment: { DATA_DIR: directory } });
  expect(await (await cameras.server.fetch("/camera")).json())
    .toEqual({ cameras: [], can_change: true });
  const door = { id: "door", name: "Door", url: "/dev/video0", pipeline_id: "test" };
  const response = await cameras.send("POST", "/camera", door);
  expect([response.status, await response.json()]).toEqual([503, {
    error: "storage_unavailable",
    detail: "Cannot use cameras.json in the data directory: it is not JSON; " +
      "mend it or move it away, then start again",
  }]);
  expect(await Deno.readTextFile(`${directory}/cameras.json`)).toBe('{"cameras":[');
  await Deno.remove(directory, { recursive: true });
});

Deno.test("what cannot be a camera is refused, and there may be so many", async () => {
  await using cameras = await startCameraServer();
  const door = { id: "door", name: "Door", url: "/dev/video0", pipeline_id: "test" };
  for (
    const [body, answer] of [
      [{ ...door, fps: 100 }, { field: "fps", detail: /^Cannot use fps: expected .*, got 100$/ }],
      [{ ...door, pipeline_id: "none" }, {
        field: "pipeline_id",
        detail: /there is no pipeline "none"/,
      }],
      [[door], { detail: /expected a JSON object/ }],
    ] as const
  ) {
    const response = await cameras.send("POST", "/camera", body);
    const detail = expect.stringMatching(answer.detail);
    expect([response.status, await response.json()])
      .toEqual([400, { ...answer, error: "invalid_camera", detail }]);
  }
  const text = await cameras.server.fetch("/camera", { method: "POST", body: "{" });
  expect([text.status, (await text.json()).error]).toEqual([400, "bad_request"]);
  for (let index = 0; index < 64; index += 1) await cameras.add({ id: `camera-${index}` });
  const last = await cameras.send("POST", "/camera", door);
  expect([last.status, (await last.json()).error]).toEqual([503, "too_many_cameras"]);
});

Deno.test("an address is tried without a camera being made of it", async () => {
  const source = startMjpegCamera(await readFixture("dog.jpg"), 10);
  const url = `http://127.0.0.1:${source.addr.port}/video?key=secret`;
  await using cameras = await startCameraServer();
  const test = async (body: unknown) =>
    await (await cameras.send("POST", "/camera/test", body)).json();
  const seen = await test({ url });
  expect(seen).toMatchObject({ ok: true, width: 768, height: 576, codec: "mjpeg" });
  const { format, width = 0 } = await sharp(Uint8Array.fromBase64(seen.jpeg)).metadata();
  expect([format, width <= 640]).toEqual(["jpeg", true]);
  for (
    const [wrong, error] of [
      [`http://127.0.0.1:${source.addr.port}/nothing?key=secret`, "not_found"],
      ["rtsp://admin:secret@127.0.0.1:9/", "unreachable"],
      ["file:///etc/passwd", "no_video"],
      ["/dev/video99", "no_device"],
    ]
  ) {
    const answer = await test({ url: wrong });
    expect([wrong, answer]).toEqual([wrong, { ok: false, error, detail: expect.any(String) }]);
    expect(answer.detail).not.toContain("secret");
  }
  expect(await test({ url: "ftp://x/" })).toMatchObject({ error: "invalid_camera" });
  // The address of a camera, as clients know it.
  await cameras.add({ url });
  const { url: masked } = await cameras.view();
  expect(masked).toBe(`http://127.0.0.1:${source.addr.port}/video?key=***`);
  expect(await test({ url: masked, id: "door" })).toMatchObject({ ok: true });
  expect(await test({ url: masked })).toMatchObject({ error: "invalid_camera" });
  const many = await Promise.all([url, url, url].map((each) => test({ url: each })));
  expect(many.filter(({ ok }) => ok)).toHaveLength(2);
  expect(many.filter(({ error }) => error === "too_many_cameras")).toHaveLength(1);
  expect(decoders()).toEqual([]);
  await source.shutdown();
});
