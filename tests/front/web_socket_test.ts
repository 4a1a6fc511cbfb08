import { expect } from "expect";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { beginFrame, handshake, RawClient, sleep, until } from "../attacks/raw_client.ts";
import { SHORT_LIMITS, startSmallApp } from "./small_app.ts";

const STREAM = "/ws/video/stream?pipeline_id=x";
/** Of the small application, in bytes. */
const MAX_FRAME = 104_857;
const BINARY = 2;
const CONTINUATION = 0;

/** What a server closes with, as `ws` sees it. */
async function closeOf(
  socket: WebSocket,
): Promise<{ code: number; reason: string; messages: string[] }> {
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data)));
  socket.on("error", () => {});
  return await new Promise((resolve) =>
    socket.once("close", (code, reason) => resolve({ code, reason: String(reason), messages }))
  );
}

async function open(host: string, path = STREAM): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${host}${path}`, { perMessageDeflate: false });
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return socket;
}

Deno.test("messages pass both ways unchanged, whatever their size and fragments", async () => {
  const received: string[] = [];
  await using app = await startSmallApp({
    handler: (request) => {
      const { socket, response } = Deno.upgradeWebSocket(request);
      socket.binaryType = "arraybuffer";
      socket.onmessage = ({ data }) => socket.send(data);
      return response;
    },
  });
  const socket = await open(app.host);
  socket.on("message", (data, isBinary) => received.push(`${isBinary} ${String(data)}`));
  const texts = [
    "",
    "a",
    "ä".repeat(100),
    "x".repeat(1000),
    "y".repeat(70_000),
    "z".repeat(MAX_FRAME),
  ];
  for (const text of texts) socket.send(text);
  for (const part of ["b", "in", "ary"]) socket.send(part, { fin: part === "ary", binary: true });
  await until(() => received.length === texts.length + 1);
  expect(received).toEqual([...texts.map((text) => `false ${text}`), "true binary"]);
  const closed = closeOf(socket);
  socket.close(4000, "enough");
  expect(await closed).toMatchObject({ code: 4000, reason: "enough" });
});

Deno.test("a stream's frame over the limit is answered with the protocol's error, whole or in fragments", async () => {
  await using app = await startSmallApp();
  const detail = `Frame of ${MAX_FRAME + 1} bytes exceeds the limit of ${MAX_FRAME} bytes`;
  const expected = {
    code: 1009,
    reason: "frame_too_large",
    messages: [JSON.stringify({ error: "frame_too_large", detail })],
  };
  const whole = await open(app.host);
  const wholeClosed = closeOf(whole);
  whole.send(new Uint8Array(MAX_FRAME));
  whole.send(new Uint8Array(MAX_FRAME + 1));
  expect(await wholeClosed).toEqual(expected);
  const fragmented = await open(app.host);
  const fragmentedClosed = closeOf(fragmented);
  fragmented.send(new Uint8Array(MAX_FRAME), { fin: false });
  fragmented.send(new Uint8Array(1), { fin: true });
  expect(await fragmentedClosed).toEqual(expected);
  await until(() => app.closes.length === 2);
  // The application has had the first message only, and knows why it had no more.
  expect([app.messages, app.closes]).toEqual([[MAX_FRAME], [1009, 1009]]);
});

Deno.test("a client that sends far more than the limit still gets the error", async () => {
  await using app = await startSmallApp();
  const socket = await open(app.host);
  const closed = closeOf(socket);
  socket.send(new Uint8Array(8_000_000));
  expect(await closed).toMatchObject({
    code: 1009,
    messages: [expect.stringMatching(/8000000 bytes/)],
  });
});

Deno.test("a text that is too large for a stream is told that it is none of a stream's messages", async () => {
  await using app = await startSmallApp();
  const socket = await open(app.host);
  const closed = closeOf(socket);
  socket.send("x".repeat(MAX_FRAME + 1));
  expect(await closed).toMatchObject({
    code: 1003,
    messages: ['{"error":"invalid_message","detail":"Expected binary frame payload"}'],
  });
});

Deno.test("other sockets take up to 64 KiB", async () => {
  await using app = await startSmallApp();
  const socket = await open(app.host, "/ws/jobs/1");
  const closed = closeOf(socket);
  socket.send(new Uint8Array(65_536));
  socket.send(new Uint8Array(65_537));
  expect(await closed).toEqual({ code: 1009, reason: "message_too_large", messages: [] });
  expect(app.messages).toEqual([65_536]);
});

Deno.test("an error never comes in the middle of another message", async () => {
  await using app = await startSmallApp();
  const socket = await open(app.host);
  const messages: string[] = [];
  socket.on("message", (data) => messages.push(String(data).slice(0, 20)));
  const closed = closeOf(socket);
  await until(() => app.sockets.size === 1);
  for (const server of app.sockets) {
    for (let count = 0; count < 50; count += 1) server.send("x".repeat(100_000));
  }
  socket.send(new Uint8Array(MAX_FRAME + 1));
  expect(await closed).toMatchObject({ code: 1009 });
  expect(new Set(messages)).toEqual(new Set(["x".repeat(20), '{"error":"frame_too_']));
  expect(messages.at(-1)).toBe('{"error":"frame_too_');
});

Deno.test("a message that never ends, in one frame or in many, holds nothing and is cut", async () => {
  await using app = await startSmallApp();
  const clients = await Promise.all(
    Array.from({ length: 2 }, () => RawClient.openWebSocket(app.host, STREAM)),
  );
  clients[0].send(beginFrame(BINARY, 2 ** 40));
  clients[1].send(beginFrame(BINARY, 60_000, { isFinal: false, payload: new Uint8Array(60_000) }));
  clients[1].send(beginFrame(CONTINUATION, 60_000, { isFinal: false }));
  for (const client of clients) {
    expect(await client.endsWithin(2000)).toBe(true);
    expect(client.received).toContain("frame_too_large");
    client[Symbol.dispose]();
  }
  await until(() => app.closes.length === 2);
  expect(app.messages).toEqual([]);
});

Deno.test("a half-sent message is cut when it does not go on, between frames and within", async () => {
  await using app = await startSmallApp();
  const halves = [
    beginFrame(BINARY, 1000, { payload: new Uint8Array(999) }),
    beginFrame(BINARY, 10, { payload: new Uint8Array(10), isFinal: false }),
    beginFrame(BINARY, 10).subarray(0, 5),
  ];
  const clients = await Promise.all(halves.map(async (half) => {
    const client = await RawClient.openWebSocket(app.host, STREAM);
    client.send(half);
    return client;
  }));
  using silent = await RawClient.openWebSocket(app.host, STREAM);
  for (const client of clients) {
    expect(await client.endsWithin(2000)).toBe(true);
    expect(client.received.endsWith("\x03\xf5too_slow")).toBe(true);
    client[Symbol.dispose]();
  }
  await until(() => app.closes.length === 3);
  // One that has begun nothing is no concern of the door.
  expect(silent.hasEnded).toBe(false);
});

Deno.test("frames that break the protocol end the socket with 1002", async () => {
  await using app = await startSmallApp();
  const wrong = [
    beginFrame(9, 126, { payload: new Uint8Array(126) }),
    beginFrame(9, 0, { isFinal: false }),
    beginFrame(0x42, 1, { payload: new Uint8Array(1) }),
    beginFrame(CONTINUATION, 1, { payload: new Uint8Array(1) }),
    beginFrame(11, 0),
  ];
  for (const frame of wrong) {
    using client = await RawClient.openWebSocket(app.host, STREAM);
    client.send(frame);
    expect(await client.endsWithin(2000)).toBe(true);
    expect(client.received.endsWith("\x03\xeaprotocol_error")).toBe(true);
  }
});

Deno.test("a client that does not answer a close is cut, whoever began it", async () => {
  await using app = await startSmallApp();
  using refused = await RawClient.openWebSocket(app.host, STREAM);
  await until(() => app.sockets.size === 1);
  for (const socket of app.sockets) socket.close(1008, "refused");
  const startedAt = performance.now();
  expect(await refused.endsWithin(2000)).toBe(true);
  expect(refused.received.endsWith("\x03\xf0refused")).toBe(true);
  expect(performance.now() - startedAt).toBeGreaterThan(300);
  using leaving = await RawClient.openWebSocket(app.host, STREAM);
  leaving.sendClose();
  expect(await leaving.endsWithin(2000)).toBe(true);
  await until(() => app.sockets.size === 0);
});

Deno.test("a flood of control frames is slowed down and not passed on at once", async () => {
  await using app = await startSmallApp({
    limits: { frameRate: { capacity: 100, perSecond: 100 }, closeTimeoutMs: 400 },
  });
  const startedAt = performance.now();
  const socket = await open(app.host);
  let pongs = 0;
  socket.on("pong", () => pongs += 1);
  for (let count = 0; count < 1000; count += 1) socket.ping();
  await sleep(1000);
  expect(pongs).toBeGreaterThanOrEqual(10);
  // Ten at once and ten a second.
  expect(pongs).toBeLessThanOrEqual(10 + 10 * (performance.now() - startedAt) / 1000);
  socket.terminate();
  await until(() => app.sockets.size === 0, 8000);
});

Deno.test("a flood that goes on is closed, also when its sender has left", async () => {
  await using app = await startSmallApp({ limits: { ...SHORT_LIMITS, maxWaitMs: 300 } });
  for (const [first, hasLeft] of [[0x89, false], [0x89, true], [0x82, true]] as const) {
    const client = await RawClient.openWebSocket(app.host, STREAM);
    const flood = new Uint8Array(6 * 10_000);
    for (let at = 0; at < flood.length; at += 6) flood.set([first, 0x80], at);
    client.send(flood);
    await sleep(50);
    if (hasLeft) client[Symbol.dispose]();
    await until(() => app.sockets.size === 0);
    if (!hasLeft) {
      expect(await client.endsWithin(2000)).toBe(true);
      expect(client.received.endsWith("\x03\xf0too_many_frames")).toBe(true);
    }
    client[Symbol.dispose]();
  }
});

Deno.test("who waits too long for the turn of a large message is refused", async () => {
  await using app = await startSmallApp({
    environment: { STREAM_MAX_FRAME_SIZE_MB: "20" },
    limits: { ...SHORT_LIMITS, pace: { bytes: 1000, withinMs: 20_000 }, maxWaitMs: 300 },
  });
  const size = 18_000_000;
  const clients = await Promise.all(
    Array.from({ length: 5 }, () => RawClient.openWebSocket(app.host, STREAM)),
  );
  for (const client of clients) client.send(beginFrame(BINARY, size));
  await until(() => clients.some(({ hasEnded }) => hasEnded));
  const ended = clients.filter(({ hasEnded }) => hasEnded);
  expect(ended).toEqual([clients[4]]);
  expect(ended[0].received.endsWith("\x03\xf5overloaded")).toBe(true);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("sockets that are reset before, at and after the upgrade leave nothing in the application", async () => {
  await using app = await startSmallApp();
  for (let turn = 0; turn < 60; turn += 1) {
    const client = await RawClient.connect(app.host);
    client.send(handshake(STREAM));
    if (turn % 3 === 1) await client.receive(/\r\n\r\n/);
    if (turn % 3 === 2) client.send(beginFrame(BINARY, 5000, { payload: new Uint8Array(100) }));
    client.reset();
  }
  await until(() => app.sockets.size === 0 && app.closes.length > 0);
  const socket = await open(app.host);
  socket.send(new Uint8Array(3));
  await until(() => app.messages.includes(3));
  socket.terminate();
});

Deno.test("when half-sent frames hold too much together, their senders go and the others stay", async () => {
  await using app = await startSmallApp({
    environment: { STREAM_MAX_FRAME_SIZE_MB: "20" },
    limits: { pace: { bytes: 1000, withinMs: 20_000 } },
  });
  const polite = await open(app.host);
  polite.send(new Uint8Array(5), { fin: false });
  const size = 18_000_000;
  const clients = await Promise.all(
    Array.from({ length: 6 }, () => RawClient.openWebSocket(app.host, STREAM)),
  );
  for (const client of clients) {
    await client.sendAll(beginFrame(BINARY, size, { payload: new Uint8Array(size - 1) }));
  }
  await until(() => clients.some(({ hasEnded }) => hasEnded));
  const ended = clients.filter(({ hasEnded }) => hasEnded);
  expect(ended.length).toBeLessThan(clients.length);
  for (const client of ended) expect(client.received.endsWith("\x03\xf5overloaded")).toBe(true);
  polite.send(new Uint8Array(5), { fin: true });
  await until(() => app.messages.includes(10));
  for (const client of clients) client[Symbol.dispose]();
  polite.terminate();
});
