import { expect } from "expect";
import { WARM_UP_RESULTS } from "../../client/connection.ts";
import { Stream, type StreamOptions } from "../../client/stream.ts";
import { Viewer } from "../../client/viewer.ts";
import { exampleResult } from "../client/example_result.ts";
import { FakeSocket } from "../client/fake_socket.ts";
import { type VirtualClock, withVirtualTime } from "../virtual_time.ts";

const FRAME = new Uint8Array([0xff, 0xd8, 0xff, 0xd9]);
const result = exampleResult();

/** Runs a test with a stream on a fake socket and a fake clock; the socket is open. */
async function withStream(
  test: (stream: Stream, clock: VirtualClock) => Promise<void>,
  options: StreamOptions = {},
): Promise<void> {
  await withVirtualTime(async (clock) => {
    FakeSocket.reset();
    const stream = new Stream("ws://server", { WebSocket: FakeSocket.asWebSocket, ...options });
    FakeSocket.last.open();
    try {
      await test(stream, clock);
    } finally {
      stream.close();
    }
  });
}

/** Lets everything that is ready go on. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

Deno.test("Stream gives results with their frames, and ends after the last answer", async () => {
  await withStream(async (stream, clock) => {
    await stream.send(FRAME);
    await clock.tickAsync(30);
    FakeSocket.last.say({ frame_index: 1, result });
    const second = new Uint8Array([1]);
    await stream.send(second);
    const ended = stream.end();
    await settle();
    expect(FakeSocket.last.closedWith).toBeUndefined();
    FakeSocket.last.say({ frame_index: 2, result });
    await ended;
    expect(FakeSocket.last.closedWith).toBe(1000);
    const frames = [];
    for await (const { frame_index, frame, round_trip_ms } of stream) {
      frames.push([frame_index, frame, round_trip_ms]);
    }
    expect(frames).toEqual([[1, FRAME, 30], [2, second, 0]]);
    expect(stream.counts).toEqual({ sent: 2, answered: 2, dropped: 0, lost: 0 });
  });
});

Deno.test("Stream.send waits for the answer before, and trySend does not", async () => {
  await withStream(async (stream) => {
    await stream.send(FRAME);
    expect(stream.trySend(FRAME)).toBe(false);
    let isSent = false;
    const sent = stream.send(FRAME).then(() => isSent = true);
    await settle();
    expect([isSent, FakeSocket.last.sent.length]).toEqual([false, 1]);
    FakeSocket.last.say({ frame_index: 1, dropped: true });
    await sent;
    expect(FakeSocket.last.sent.length).toBe(2);
    expect(stream.counts).toEqual({ sent: 2, answered: 0, dropped: 1, lost: 0 });
  });
});

Deno.test("Stream.send waits until the bytes of the frame before have left", async () => {
  await withStream(async (stream, clock) => {
    FakeSocket.last.bufferedAmount = 1;
    let isSent = false;
    const sent = stream.send(FRAME).then(() => isSent = true);
    await clock.tickAsync(100);
    expect(isSent).toBe(false);
    FakeSocket.last.bufferedAmount = 0;
    await clock.tickAsync(10);
    await sent;
    expect(FakeSocket.last.sent).toEqual([FRAME]);
  });
});

Deno.test("Stream sends nothing more while 16 results wait to be read", async () => {
  await withStream(async (stream) => {
    for (let index = 1; index <= 16; index++) {
      await stream.send(FRAME);
      FakeSocket.last.say({ frame_index: index, result });
    }
    expect(stream.canSend).toBe(false);
    const sent = stream.send(FRAME);
    await settle();
    expect(FakeSocket.last.sent.length).toBe(16);
    const { value } = await stream[Symbol.asyncIterator]().next();
    expect(value?.frame_index).toBe(1);
    await sent;
    expect(FakeSocket.last.sent.length).toBe(17);
  });
});

Deno.test("Stream goes on after a lost connection, and counts what was lost with it", async () => {
  await withStream(async (stream, clock) => {
    for (let index = 1; index <= WARM_UP_RESULTS; index++) {
      await stream.send(FRAME);
      FakeSocket.last.say({ frame_index: index, result });
    }
    expect([1, 2, 3].map(() => stream.trySend(FRAME))).toEqual([true, true, false]);
    FakeSocket.last.end(1006);
    const sent = stream.send(FRAME);
    await clock.tickAsync(1500);
    FakeSocket.last.open();
    await sent;
    FakeSocket.last.say({ frame_index: 1, result });
    expect(FakeSocket.opened.length).toBe(2);
    expect(stream.counts).toEqual({ sent: 8, answered: 6, dropped: 0, lost: 2 });
  });
});

Deno.test("Stream fails when its attempts are used up, for those who read and those who send", async () => {
  const attempts: (number | null)[] = [];
  await withStream(async (stream, clock) => {
    const reading = stream[Symbol.asyncIterator]().next();
    FakeSocket.last.end(1006);
    const sending = stream.send(FRAME);
    await Promise.all([
      expect(reading).rejects.toMatchObject({ name: "LivesyteError", code: "unreachable" }),
      expect(sending).rejects.toMatchObject({ code: "unreachable" }),
      (async () => {
        for (let attempt = 1; attempt <= 2; attempt++) {
          await clock.tickAsync(40_000);
          FakeSocket.last.end(1006);
        }
      })(),
    ]);
    expect(attempts).toEqual([1, 2, null]);
    expect(FakeSocket.opened.length).toBe(3);
    await expect(stream.end()).rejects.toMatchObject({ code: "unreachable" });
  }, { attempts: 2, onFailure: ({ attempt }) => attempts.push(attempt) });
});

Deno.test("Stream tells why the server cannot be reached, where the runtime does", async () => {
  const reasons: [string | undefined, RegExp][] = [
    ["self-signed certificate", /reached: self-signed certificate$/],
    [undefined, /reached$/],
  ];
  for (const [reason, message] of reasons) {
    await withStream(async (stream, clock) => {
      const reading = stream[Symbol.asyncIterator]().next();
      FakeSocket.last.end(1006);
      await clock.tickAsync(2000);
      FakeSocket.last.refuse(reason);
      await expect(reading).rejects.toThrow(message);
    }, { attempts: 1 });
  }
});

Deno.test("Stream fails at once, in the server's words, where it refuses", async () => {
  await withStream(async (stream) => {
    await stream.send(FRAME);
    FakeSocket.last.say({ error: "invalid_frame", detail: "Frame is empty" });
    FakeSocket.last.end(1007, "invalid_frame");
    await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({
      code: "invalid_frame",
      message: "Frame is empty",
    });
    expect(stream.counts.lost).toBe(1);
  });
});

Deno.test("Stream says so when the server wants another token", async () => {
  FakeSocket.reset();
  const stream = new Stream("ws://server", {
    WebSocket: FakeSocket.asWebSocket,
    isRefused: () => Promise.resolve(true),
  });
  FakeSocket.last.end(1006);
  await expect(stream[Symbol.asyncIterator]().next()).rejects.toMatchObject({
    code: "unauthorized",
  });
  expect(FakeSocket.opened.length).toBe(1);
});

Deno.test("Stream opens a session again that the server has ended for want of frames", async () => {
  await withStream(async (stream) => {
    const detail = "No frame received for 30 seconds";
    FakeSocket.last.say({ error: "session_timeout", detail });
    FakeSocket.last.end(1008, "session_timeout");
    await settle();
    expect(FakeSocket.opened.length).toBe(1);
    const sent = stream.send(FRAME);
    expect(FakeSocket.opened.length).toBe(2);
    FakeSocket.last.open();
    await sent;
    expect(FakeSocket.last.sent).toEqual([FRAME]);
  });
});

Deno.test("leaving the loop over a stream closes it, and nothing can be sent any more", async () => {
  await withStream(async (stream) => {
    await stream.send(FRAME);
    FakeSocket.last.say({ frame_index: 1, result });
    for await (const _ of stream) break;
    expect(FakeSocket.last.closedWith).toBe(1000);
    expect(stream.trySend(FRAME)).toBe(false);
    await expect(stream.send(FRAME)).rejects.toMatchObject({ code: "closed" });
  });
});

Deno.test("Viewer joins results with their frames, and ends with the stream", async () => {
  FakeSocket.reset();
  const viewer = new Viewer("ws://server", true, { WebSocket: FakeSocket.asWebSocket });
  FakeSocket.last.open();
  FakeSocket.last.say({ frame_index: 1, result });
  FakeSocket.last.say({ frame_index: 2, result });
  FakeSocket.last.onmessage?.({ data: FRAME.buffer });
  FakeSocket.last.say({ frame_index: 3, dropped: true });
  FakeSocket.last.say({ frame_index: 4, result });
  FakeSocket.last.end(1000, "stream_ended");
  const seen = [];
  for await (const { frame_index, frame } of viewer) seen.push([frame_index, frame]);
  expect(seen).toEqual([[1, null], [2, FRAME.buffer], [4, null]]);
});

Deno.test("Viewer forgets the oldest results when nobody reads them", async () => {
  FakeSocket.reset();
  const viewer = new Viewer("ws://server", false, { WebSocket: FakeSocket.asWebSocket });
  FakeSocket.last.open();
  for (let index = 1; index <= 40; index++) FakeSocket.last.say({ frame_index: index, result });
  FakeSocket.last.end(1008, "session_not_found");
  const iterator = viewer[Symbol.asyncIterator]();
  const seen: unknown[] = [];
  for (let read = 0; read < 16; read++) seen.push((await iterator.next()).value?.frame_index);
  expect([seen[0], seen[15]]).toEqual([25, 40]);
  await expect(iterator.next()).rejects.toMatchObject({ code: "session_not_found" });
});

Deno.test("Stream knows its session id, and keeps a new name over reconnects", async () => {
  await withStream(async (stream, clock) => {
    expect(stream.sessionId).toBe(null);
    FakeSocket.last.say({ session_id: "a" });
    expect(stream.sessionId).toBe("a");
    stream.rename("Yard & garden");
    expect(FakeSocket.last.texts).toEqual(['{"name":"Yard & garden"}']);
    FakeSocket.last.end(1006);
    await clock.tickAsync(2000);
    expect(FakeSocket.opened.length).toBe(2);
    const nameOf = () => new URL(FakeSocket.last.url).searchParams.get("name");
    expect(nameOf()).toBe("Yard & garden");
    // Not open yet, so it is connected anew.
    stream.rename("Yard");
    expect([FakeSocket.opened.length, nameOf()]).toEqual([3, "Yard"]);
    FakeSocket.last.open();
    expect(FakeSocket.last.texts).toEqual([]);
    expect(stream.sessionId).toBe("a");
  });
});
