/** What an anonymous client can try with connections alone; each goes on until its signal is aborted. */

import { beginFrame, handshake, RawClient, sleep } from "./raw_client.ts";

/** An attack on the server at a host such as `127.0.0.1:8000`; returns how often it did what it does. */
export type Attack = (host: string, signal: AbortSignal, argument: string) => Promise<number>;

const STREAM = "/ws/video/stream?pipeline_id=yolo_only";
const REFUSED = "/ws/video/watch?session_id=x";
const UNKNOWN_JOB = "/ws/jobs/6f1c0c4e-6d0b-4a44-8f0e-3c8a9a3c5d11";
const [CONTINUATION, BINARY, PING] = [0, 2, 9];
const MEBIBYTE = 1_048_576;

/** How long a client rests between two tries, in milliseconds: attackers do not share the cores of the server, as these do. */
const REST_MS = 30;

/** Repeats something as so many clients at once. */
async function repeat(
  clients: number,
  signal: AbortSignal,
  action: (turn: number) => Promise<unknown>,
  restMs = REST_MS,
): Promise<number> {
  let turns = 0;
  await Promise.all(Array.from({ length: clients }, async () => {
    while (!signal.aborted) {
      // A connection that is refused is tried again.
      await action(turns++).catch(() => {});
      await sleep(restMs);
    }
  }));
  return turns;
}

/** Sends the same bytes for as long as they are taken; a slow receiver is waited for. */
async function sendWithoutEnd(client: RawClient, bytes: Uint8Array, signal: AbortSignal) {
  while (!signal.aborted && !client.hasEnded && await client.sendAll(bytes)) {
    // The next.
  }
}

/** Connections that say nothing; those that are closed are opened again. */
async function idle(host: string, signal: AbortSignal, argument: string): Promise<number> {
  return await repeat(Number(argument), signal, async () => {
    using client = await RawClient.connect(host);
    while (!signal.aborted && !await client.endsWithin(100)) {
      // It is still open.
    }
  });
}

/** Resets before an upgrade is answered, right after, in the middle of a frame, and after a frame that is wrong. */
async function resets(host: string, signal: AbortSignal): Promise<number> {
  const paths = [STREAM, "/ws/video/stream?pipeline_id=no", REFUSED, UNKNOWN_JOB];
  return await repeat(4, signal, async (turn) => {
    const path = paths[turn % paths.length] ?? STREAM;
    const client = await RawClient.connect(host);
    await client.sendAll(new TextEncoder().encode(handshake(path)));
    const kind = Math.floor(turn / paths.length) % 4;
    if (kind > 0) await client.receive(/\r\n\r\n/);
    if (kind === 2) await client.sendAll(beginFrame(BINARY, 5000, { payload: new Uint8Array(99) }));
    if (kind === 3) client.sendFrame(3);
    client.reset();
  });
}

/** Messages of 1 MiB fragments without end. */
async function fragments(host: string, signal: AbortSignal, path: string): Promise<number> {
  const payload = new Uint8Array(MEBIBYTE);
  const first = beginFrame(BINARY, payload.length, { isFinal: false, payload });
  const next = beginFrame(CONTINUATION, payload.length, { isFinal: false, payload });
  return await repeat(2, signal, async () => {
    using client = await RawClient.openWebSocket(host, path);
    await client.sendAll(first);
    await sendWithoutEnd(client, next, signal);
  });
}

/** Messages of empty fragments without end, which never grow too large. */
async function emptyFragments(host: string, signal: AbortSignal): Promise<number> {
  const next = new Uint8Array(6 * 10_000);
  for (let at = 1; at < next.length; at += 6) next[at] = 0x80;
  return await repeat(4, signal, async () => {
    using client = await RawClient.openWebSocket(host, STREAM);
    client.send(beginFrame(BINARY, 0, { isFinal: false }));
    await sendWithoutEnd(client, next, signal);
  });
}

/** Frames of 63 MiB on sockets that are refused. */
async function largeFrames(host: string, signal: AbortSignal): Promise<number> {
  const size = 63 * MEBIBYTE;
  const piece = new Uint8Array(MEBIBYTE);
  return await repeat(4, signal, async () => {
    using client = await RawClient.openWebSocket(host, REFUSED);
    client.send(beginFrame(BINARY, size));
    for (let sent = 0; sent < size - piece.length && !signal.aborted; sent += piece.length) {
      if (!await client.sendAll(piece)) break;
    }
    await client.endsWithin(2000);
  });
}

/** Frames of nearly the limit that stop one byte early, on as many sockets as there can be. */
async function halfFrames(host: string, signal: AbortSignal, argument: string): Promise<number> {
  const size = 5 * MEBIBYTE;
  const frame = beginFrame(BINARY, size, { payload: new Uint8Array(size - 1) });
  return await repeat(Number(argument), signal, async () => {
    using client = await RawClient.openWebSocket(host, STREAM);
    await client.sendAll(frame);
    while (!signal.aborted && !await client.endsWithin(200)) {
      // It is still held.
    }
  }, 1000);
}

/** Pings as fast as they are taken, by clients that do not read the answers. */
async function pings(host: string, signal: AbortSignal): Promise<number> {
  const flood = new Uint8Array(6 * 10_000);
  for (let at = 0; at < flood.length; at += 6) flood.set([0x80 | PING, 0x80], at);
  return await repeat(10, signal, async (turn) => {
    using client = await RawClient.openWebSocket(host, turn % 2 === 0 ? STREAM : UNKNOWN_JOB);
    client.pause();
    await sendWithoutEnd(client, flood, signal);
  });
}

/** Bodies of which a byte comes now and then. */
async function slowBodies(host: string, signal: AbortSignal): Promise<number> {
  const kinds = ["/pipelines/yolo_only/run", "/video/submit", "/pipelines/validate"];
  return await repeat(30, signal, async (turn) => {
    using client = await RawClient.connect(host);
    const path = kinds[turn % kinds.length];
    const type = path === "/video/submit" ? "multipart/form-data; boundary=b" : "image/jpeg";
    client.send(
      `POST ${path} HTTP/1.1\r\nHost: ${host}\r\nContent-Type: ${type}\r\n` +
        "Content-Length: 5000000\r\n\r\n--b\r\n",
    );
    while (!signal.aborted && !await client.endsWithin(200)) client.send("x");
  });
}

/** Viewers that come and go, some of whom do not read what they get. */
async function viewers(host: string, signal: AbortSignal, sessionId: string): Promise<number> {
  return await repeat(20, signal, async (turn) => {
    const path = `/ws/video/watch?session_id=${sessionId}&frames=${turn % 2}`;
    using client = await RawClient.openWebSocket(host, path);
    if (turn % 4 < 2) client.pause();
    await sleep(turn % 5 * 20);
    if (turn % 3 === 0) client.reset();
    if (turn % 3 === 1) client.sendClose();
  });
}

/** All of them, by their names. */
export const CONNECTION_ATTACKS = {
  idle,
  resets,
  fragments,
  emptyFragments,
  largeFrames,
  halfFrames,
  pings,
  slowBodies,
  viewers,
} satisfies Record<string, Attack>;
