import { connect, type Socket } from "node:net";
import { expect } from "expect";
// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { metricsRegistry } from "../../lib/telemetry/metrics.ts";
import { MINIMAL_FRAME, RESULT } from "../streaming/simulated_stream.ts";
import { waitFor } from "../video/wait_for.ts";
import { openStream, startTestServer, type TestServer } from "./test_server.ts";

function processorTaking(milliseconds: number, text = "") {
  return {
    isValidPipeline: (id: string) => id === "test",
    runOnFrame: async () => {
      await sleep(milliseconds);
      return { ...RESULT, text };
    },
  };
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A connection on which the test writes the WebSocket's bytes itself. */
async function openRaw({ host }: TestServer): Promise<Socket> {
  const [hostname, port] = host.split(":");
  const socket = connect({ host: hostname, port: Number(port) });
  socket.write(
    `GET /ws/video/stream?pipeline_id=test HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\n` +
      "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
  );
  socket.on("error", () => {});
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

/** One masked WebSocket message of up to 125 bytes (RFC 6455, 5.2); the mask is zeros. */
function encodeMessage(opcode: number, payload: Uint8Array): Uint8Array {
  return new Uint8Array([0x80 | opcode, 0x80 | payload.length, 0, 0, 0, 0, ...payload]);
}

Deno.test("2,000 connects and disconnects leave nothing behind", async () => {
  await using server = await startTestServer({ processor: processorTaking(1) });
  const { registry } = server.services.streams;
  for (let round = 0; round < 100; round += 1) {
    await Promise.all(Array.from({ length: 20 }, async (_, index) => {
      const client = openStream(server, "?pipeline_id=test");
      await client.opened;
      if (index % 2 === 0) client.send(MINIMAL_FRAME);
      if (index % 4 === 0) await client.received(1);
      await client.close();
    }));
  }
  await waitFor(() => registry.size === 0);
  expect(await metricsRegistry.getSingleMetricAsString("stream_sessions_active"))
    .toMatch(/^stream_sessions_active 0$/m);
});

Deno.test("connections that are cut in the middle of a frame or of an inference end their sessions", async () => {
  await using server = await startTestServer({ processor: processorTaking(100) });
  const { registry } = server.services.streams;
  const sockets = await Promise.all(Array.from({ length: 20 }, () => openRaw(server)));
  await waitFor(() => registry.size === 20);
  for (const [index, socket] of sockets.entries()) {
    const message = encodeMessage(2, MINIMAL_FRAME);
    socket.write(index % 2 === 0 ? message.subarray(0, 12) : message);
  }
  await sleep(20);
  for (const socket of sockets) socket.resetAndDestroy();
  await waitFor(() => registry.size === 0);
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(MINIMAL_FRAME);
  expect(await client.received(1)).toMatchObject([{ frame_index: 1 }]);
  await client.close();
});

Deno.test("a client that does not answer the close gives up its place at once", async () => {
  await using server = await startTestServer({
    processor: processorTaking(1),
    environment: { STREAM_MAX_SESSIONS: "1" },
  });
  const stubborn = await openRaw(server);
  stubborn.write(encodeMessage(1, new TextEncoder().encode("text")));
  await waitFor(() => server.services.streams.registry.size === 0);
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  client.send(MINIMAL_FRAME);
  expect(await client.received(1)).toMatchObject([{ frame_index: 1 }]);
  await client.close();
  stubborn.destroy();
});

Deno.test("a flood of pings is answered slowly, and harms no frame of others", async () => {
  await using server = await startTestServer({ processor: processorTaking(1) });
  const startedAt = performance.now();
  const flood = new WebSocket(`ws://${server.host}/ws/video/stream?pipeline_id=test`);
  await new Promise((resolve) => flood.once("open", resolve));
  let pongs = 0;
  flood.on("pong", () => pongs += 1);
  for (let ping = 0; ping < 10_000; ping += 1) flood.ping();
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  for (let frame = 1; frame <= 20; frame += 1) {
    client.send(MINIMAL_FRAME);
    await client.received(frame);
    await sleep(50);
  }
  await client.close();
  expect(pongs).toBeGreaterThan(99);
  // 100 at once and 50 a second.
  expect(pongs).toBeLessThanOrEqual(100 + 50 * (performance.now() - startedAt) / 1000);
  flood.terminate();
});

Deno.test("a client that does not read is let go, and another goes on", async () => {
  await using server = await startTestServer({
    processor: processorTaking(0, "x".repeat(100_000)),
  });
  const { registry } = server.services.streams;
  const deaf = await openRaw(server);
  await waitFor(() => registry.size === 1);
  deaf.pause();
  const client = openStream(server, "?pipeline_id=test");
  await client.opened;
  await waitFor(() => registry.size === 2);
  for (let frame = 1; registry.size === 2; frame += 1) {
    deaf.write(encodeMessage(2, MINIMAL_FRAME));
    client.send(MINIMAL_FRAME);
    await client.received(frame);
  }
  const [{ frame_index }] = registry.list();
  client.send(MINIMAL_FRAME);
  await client.received(frame_index + 1);
  await client.close();
  deaf.destroy();
});
