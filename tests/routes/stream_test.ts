import { expect } from "expect";
import { metricsRegistry } from "../../lib/telemetry/metrics.ts";
import type { FrameProcessor } from "../../lib/streaming/frame_processor.ts";
import { FrameDroppedError, InvalidFrameError } from "../../lib/streaming/frame_processor.ts";
import { hardImages } from "../hard_images.ts";
import { readFixture } from "../read_fixture.ts";
import { MINIMAL_FRAME, RESULT } from "../streaming/simulated_stream.ts";
import { differences } from "../protocol/described.ts";
import { waitFor } from "../video/wait_for.ts";
import { openStream, startTestServer, TestClient, type TestServer } from "./test_server.ts";

/** A pipeline of the id `test` that does what it is told. */
function processorOf(run: FrameProcessor["runOnFrame"]): FrameProcessor {
  return { isValidPipeline: (id) => id === "test", runOnFrame: run };
}

const instant = processorOf(() => Promise.resolve(RESULT));

/** The error and the close that a client gets for what it sends. */
async function endingOf(
  server: TestServer,
  query: string,
  ...sent: (string | Uint8Array<ArrayBuffer>)[]
): Promise<{ messages: unknown[]; code: number; reason: string }> {
  const client = openStream(server, query);
  await client.opened;
  for (const data of sent) client.send(data);
  const { code, reason } = await client.closed;
  return { messages: client.messages, code, reason };
}

function ending(error: string, detail: string, code: number) {
  return { messages: [{ error, detail }], code, reason: error };
}

Deno.test("a stream without a pipeline_id, or with an empty one, is told so", async () => {
  await using server = await startTestServer({ processor: instant });
  const expected = ending("invalid_pipeline", "Query parameter pipeline_id is required", 1008);
  expect(await endingOf(server, "")).toEqual(expected);
  expect(await endingOf(server, "?pipeline_id=")).toEqual(expected);
});

Deno.test("a stream with an unknown pipeline_id is told so, with the id cut to 64 characters", async () => {
  await using server = await startTestServer({ processor: instant });
  expect(await endingOf(server, "?pipeline_id=nope")).toEqual(
    ending("invalid_pipeline", "Unknown pipeline_id: nope", 1008),
  );
  expect(await endingOf(server, `?pipeline_id=${"x".repeat(10_000)}`)).toEqual(
    ending("invalid_pipeline", `Unknown pipeline_id: ${"x".repeat(64)}`, 1008),
  );
});

Deno.test("a stream over the limit of sessions is refused, and taken when there is room again", async () => {
  await using server = await startTestServer({
    processor: instant,
    environment: { STREAM_MAX_SESSIONS: "1" },
  });
  const first = openStream(server, "?pipeline_id=test");
  await first.opened;
  first.send(MINIMAL_FRAME);
  await first.received(1);
  expect(await endingOf(server, "?pipeline_id=test")).toEqual(
    ending("too_many_sessions", "Server is at its limit of 1 sessions", 1013),
  );
  await first.close();
  const second = openStream(server, "?pipeline_id=test");
  await second.opened;
  second.send(MINIMAL_FRAME);
  expect(await second.received(1)).toMatchObject([{ frame_index: 1 }]);
  await second.close();
});

Deno.test("a text message ends a stream", async () => {
  await using server = await startTestServer({ processor: instant });
  expect(await endingOf(server, "?pipeline_id=test", "hello")).toEqual(
    ending("invalid_message", "Expected binary frame payload", 1003),
  );
});

Deno.test("each kind of invalid frame ends a stream with its own sentence", async () => {
  await using server = await startTestServer({ processor: instant });
  const hex = Uint8Array.fromHex;
  const frames: [Uint8Array<ArrayBuffer>, string][] = [
    [new Uint8Array(), "Frame is empty"],
    [hex("89504e470d0a1a0a"), "Not a valid JPEG image: missing SOI marker"],
    [hex("ffd80000"), "Not a valid JPEG image: missing EOI marker"],
    [hex("ffd8ffd9"), "Not a valid JPEG image: no frame header"],
    [
      hex("ffd8ffc0000b08ffffffff01011100ffd9"),
      "Frame of 65535x65535 pixels exceeds the limit of 4194304 pixels",
    ],
  ];
  for (const [frame, detail] of frames) {
    expect(await endingOf(server, "?pipeline_id=test", frame)).toEqual(
      ending("invalid_frame", detail, 1007),
    );
  }
});

Deno.test("a frame is looked at whatever the camera puts behind it", async () => {
  await using server = await startTestServer();
  const client = openStream(server, "?pipeline_id=yolo_only");
  await client.opened;
  for (const { name, bytes, orientation } of await hardImages()) {
    if (orientation !== 1) continue;
    client.send(bytes);
    const answer = (await client.received(client.messages.length + 1)).at(-1);
    expect([name, answer]).toMatchObject([name, {
      result: {
        image: { width: 768, height: 576 },
        detections: expect.arrayContaining([expect.objectContaining({ label: "dog" })]),
      },
    }]);
  }
  await client.close();
});

Deno.test("a frame with an EXIF orientation is looked at as it was received", async () => {
  await using server = await startTestServer();
  const client = openStream(server, "?pipeline_id=yolo_only");
  await client.opened;
  client.send(await readFixture("pictures/exif6.jpg"));
  expect(await client.received(1)).toMatchObject([
    { result: { image: { width: 576, height: 768 } } },
  ]);
  await client.close();
});

Deno.test("a frame that looks like a JPEG and cannot be decoded ends a stream", async () => {
  await using server = await startTestServer({
    processor: processorOf(() => Promise.reject(new InvalidFrameError("secret"))),
  });
  expect(await endingOf(server, "?pipeline_id=test", MINIMAL_FRAME)).toEqual(
    ending("invalid_frame", "Not a valid JPEG image: cannot be decoded", 1007),
  );
});

Deno.test("a frame over the size limit ends a stream, one of exactly the limit does not", async () => {
  await using server = await startTestServer({
    processor: instant,
    environment: { STREAM_MAX_FRAME_SIZE_MB: "0.001" },
  });
  const frame = new Uint8Array(1049);
  frame.set(MINIMAL_FRAME.subarray(0, -2));
  frame.set([0xff, 0xd9], 1047);
  expect(await endingOf(server, "?pipeline_id=test", frame)).toEqual(
    ending("frame_too_large", "Frame of 1049 bytes exceeds the limit of 1048 bytes", 1009),
  );
  // Although it is the door that refuses it, the stream has failed for that reason.
  await waitFor(() => server.services.streams.registry.size === 0);
  expect(await metricsRegistry.getSingleMetricAsString("stream_errors_total"))
    .toMatch(/^stream_errors_total{code="frame_too_large"} 1$/m);
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(new Uint8Array([...frame.subarray(0, 1046), 0xff, 0xd9]));
  expect(await client.received(1)).toMatchObject([{ frame_index: 1 }]);
  await client.close();
});

Deno.test("a pipeline that fails ends its stream without telling why", async () => {
  await using server = await startTestServer({
    processor: processorOf(() => Promise.reject(new Error("/secret/path"))),
  });
  expect(await endingOf(server, "?pipeline_id=test", MINIMAL_FRAME)).toEqual(
    ending("pipeline_failure", "Pipeline execution failed", 1011),
  );
});

Deno.test("something unforeseen ends a stream without telling what", async () => {
  await using server = await startTestServer({ processor: instant });
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(MINIMAL_FRAME);
  await client.received(1);
  const [{ session_id }] = server.services.streams.registry.list();
  const stream = server.services.streams.registry.get(session_id);
  Object.defineProperty(stream?.session, "incrementFrame", {
    value() {
      throw new Error("/secret/path");
    },
  });
  client.send(MINIMAL_FRAME);
  expect(await client.closed).toEqual({ code: 1011, reason: "internal_error" });
  expect(client.messages.at(-1)).toEqual({
    error: "internal_error",
    detail: "Unexpected error occurred",
  });
});

Deno.test("a stream without frames, and one that lasts too long, time out", async () => {
  {
    await using server = await startTestServer({
      processor: instant,
      environment: { STREAM_IDLE_TIMEOUT_S: "1" },
    });
    expect(await endingOf(server, "?pipeline_id=test")).toEqual(
      ending("session_timeout", "No frame received for 1 seconds", 1008),
    );
  }
  await using server = await startTestServer({
    processor: instant,
    environment: { STREAM_MAX_SESSION_S: "1.5" },
  });
  const { messages, code, reason } = await endingOf(server, "?pipeline_id=test", MINIMAL_FRAME);
  expect(messages.at(-1)).toEqual({
    error: "session_timeout",
    detail: "Session exceeded 1.5 seconds",
  });
  expect({ code, reason }).toEqual({ code: 1008, reason: "session_timeout" });
});

Deno.test("two streams have ids and counters of their own", async () => {
  await using server = await startTestServer({ processor: instant });
  const clients = [
    openStream(server, "?pipeline_id=test"),
    openStream(server, "?pipeline_id=test"),
  ];
  for (const client of clients) await client.opened;
  for (let frame = 0; frame < 3; frame += 1) {
    clients[0].send(MINIMAL_FRAME);
    await clients[0].received(frame + 1);
  }
  clients[1].send(MINIMAL_FRAME);
  expect(await clients[1].received(1)).toMatchObject([{ frame_index: 1 }]);
  const sessions = server.services.streams.registry.list();
  expect(new Set(sessions.map(({ session_id }) => session_id)).size).toBe(2);
  expect(sessions.map(({ frame_index }) => frame_index).toSorted()).toEqual([1, 3]);
  for (const client of clients) await client.close();
});

Deno.test("an invalid message ends only its own stream", async () => {
  await using server = await startTestServer({ processor: instant });
  const good = openStream(server, "?pipeline_id=test");
  await good.opened;
  await endingOf(server, "?pipeline_id=test", "hello");
  good.send(MINIMAL_FRAME);
  expect(await good.received(1)).toMatchObject([{ frame_index: 1 }]);
  await good.close();
});

Deno.test("a stopping server answers the frame in flight, then closes with 1001", async () => {
  await using server = await startTestServer({
    processor: processorOf(async () => {
      await new Promise((resolve) => setTimeout(resolve, 200));
      return RESULT;
    }),
  });
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(MINIMAL_FRAME);
  await waitFor(() => server.services.streams.registry.list()[0]?.frame_index === 1);
  const stopped = server.services.streams.stop(5000);
  const refused = new TestClient(`ws://${server.host}/ws/video/stream?pipeline_id=test`);
  await expect(refused.opened).rejects.toThrow();
  await refused.closed;
  await stopped;
  expect(await client.closed).toEqual({ code: 1001, reason: "server_shutdown" });
  expect(client.messages).toMatchObject([{ frame_index: 1, result: {} }]);
});

Deno.test("viewers receive every answer, and its frame when they ask for it", async () => {
  await using server = await startTestServer({ processor: instant });
  const producer = openStream(server, "?pipeline_id=test");
  await producer.opened;
  producer.send(MINIMAL_FRAME);
  await producer.received(1);
  const [{ session_id }] = server.services.streams.registry.list();
  const watchUrl = `ws://${server.host}/ws/video/watch?session_id=${session_id}`;
  const viewer = new TestClient(watchUrl);
  const viewerWithFrames = new TestClient(`${watchUrl}&frames=1`);
  await Promise.all([viewer.opened, viewerWithFrames.opened]);
  await waitFor(() => server.services.streams.registry.list()[0].client_count === 2);
  producer.send(MINIMAL_FRAME);
  expect(await viewer.received(1)).toMatchObject([{ frame_index: 2, result: {} }]);
  expect(differences("ViewerMessage", viewer.messages[0])).toEqual([]);
  await viewerWithFrames.received(1);
  await waitFor(() => viewerWithFrames.frames.length > 0);
  expect(new Uint8Array(viewerWithFrames.frames[0])).toEqual(MINIMAL_FRAME);
  expect(viewer.frames).toEqual([]);
  await viewer.close();
  await producer.close();
  expect(await viewerWithFrames.closed).toEqual({ code: 1000, reason: "stream_ended" });
});

Deno.test("a viewer of an unknown session is told so", async () => {
  await using server = await startTestServer({ processor: instant });
  const viewer = new TestClient(`ws://${server.host}/ws/video/watch?session_id=nope`);
  expect(await viewer.closed).toEqual({ code: 1008, reason: "session_not_found" });
  expect(viewer.messages).toEqual([
    { error: "session_not_found", detail: "Unknown session_id: nope" },
  ]);
  expect(differences("ViewerMessage", viewer.messages[0])).toEqual([]);
});

Deno.test("a frame that there is no time for is answered with a drop, and the stream goes on", async () => {
  let isBusy = true;
  await using server = await startTestServer({
    processor: processorOf(() =>
      isBusy ? Promise.reject(new FrameDroppedError("busy")) : Promise.resolve(RESULT)
    ),
  });
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(MINIMAL_FRAME);
  expect(await client.received(1)).toEqual([{ frame_index: 1, dropped: true }]);
  isBusy = false;
  client.send(MINIMAL_FRAME);
  expect((await client.received(2))[1]).toMatchObject({ frame_index: 2, result: RESULT });
  const [session] = server.services.streams.registry.list();
  expect(session).toMatchObject({ dropped_frames: 1, error_count: 0 });
  await client.close();
});
