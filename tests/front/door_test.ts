import { expect } from "expect";
import { RawClient, sleep, until } from "../attacks/raw_client.ts";
import { SHORT_LIMITS, startSmallApp } from "./small_app.ts";

const GET = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
const LONG = { ...SHORT_LIMITS, headTimeoutMs: 20_000, idleTimeoutMs: 20_000 };

function connectMany(host: string, count: number): Promise<RawClient[]> {
  return Promise.all(Array.from({ length: count }, () => RawClient.connect(host)));
}

/** The status that a client is answered with; 0 if it is not answered. */
async function statusOf(client: RawClient): Promise<number> {
  const text = await client.receive(/^HTTP\/1.1 \d+ /);
  return Number(/^HTTP\/1.1 (\d+) /.exec(text)?.[1] ?? 0);
}

Deno.test("at the limit of connections, the one that has waited the longest makes room", async () => {
  await using app = await startSmallApp({
    limits: LONG,
    environment: { MAX_CONNECTIONS: "3", MAX_CONNECTIONS_PER_ADDRESS: "100" },
  });
  const idle: RawClient[] = [];
  for (let count = 0; count < 3; count += 1) {
    idle.push(await RawClient.connect(app.host));
    await sleep(20);
  }
  using newcomer = await RawClient.connect(app.host);
  newcomer.send(GET);
  expect(await statusOf(newcomer)).toBe(200);
  await until(() => idle[0].hasEnded);
  expect(idle.map(({ hasEnded }) => hasEnded)).toEqual([true, false, false]);
  for (const client of idle) client[Symbol.dispose]();
});

Deno.test("at the limit, connections with something under way stay, and others are answered with 503", async () => {
  await using app = await startSmallApp({
    limits: LONG,
    environment: { MAX_CONNECTIONS: "2", MAX_CONNECTIONS_PER_ADDRESS: "100" },
  });
  using socket = await RawClient.openWebSocket(app.host, "/ws/x");
  using slow = await RawClient.connect(app.host);
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await sleep(100);
  using refused = await RawClient.connect(app.host);
  expect(await statusOf(refused)).toBe(503);
  expect(refused.received).toMatch(/\r\nRetry-After: 1\r\n[^]*{"error":"overloaded","detail":/);
  expect(await refused.endsWithin(1000)).toBe(true);
  expect(await statusOf(slow)).toBe(200);
  expect(socket.hasEnded).toBe(false);
});

Deno.test("one address cannot take the places of all, and makes room among its own", async () => {
  await using app = await startSmallApp({
    limits: LONG,
    environment: { MAX_CONNECTIONS_PER_ADDRESS: "5" },
  });
  const clients = await connectMany(app.host, 20);
  await until(() => clients.filter(({ hasEnded }) => !hasEnded).length === 5);
  using newcomer = await RawClient.connect(app.host);
  newcomer.send(GET);
  expect(await statusOf(newcomer)).toBe(200);
  for (const client of clients) client[Symbol.dispose]();
});

Deno.test("places come back when connections end, however they end", async () => {
  await using app = await startSmallApp({
    environment: { MAX_CONNECTIONS: "4", MAX_CONNECTIONS_PER_ADDRESS: "4" },
  });
  for (let round = 0; round < 10; round += 1) {
    const clients = await connectMany(app.host, 4);
    clients[0].send(GET);
    clients[1].send("GET /ws/x HTTP/1.1\r\n");
    clients[2].send("nonsense\r\n\r\n");
    expect(await statusOf(clients[0])).toBe(200);
    clients[0].finish();
    clients[1].reset();
    for (const client of clients) client[Symbol.dispose]();
    await sleep(20);
  }
  using last = await RawClient.connect(app.host);
  last.send(GET);
  expect(await statusOf(last)).toBe(200);
});

Deno.test("connections that are reset before they are taken do not keep others out", async () => {
  await using app = await startSmallApp();
  for (let round = 0; round < 5; round += 1) {
    for (const client of await connectMany(app.host, 40)) client.reset();
    using polite = await RawClient.connect(app.host);
    polite.send(GET);
    expect(await statusOf(polite)).toBe(200);
  }
});

Deno.test("a closed door takes nobody, ends who waits, and lets who is served finish", async () => {
  await using app = await startSmallApp({ limits: LONG });
  using idle = await RawClient.connect(app.host);
  using slow = await RawClient.connect(app.host);
  slow.send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  await sleep(100);
  app.front.close();
  expect(await idle.endsWithin(1000)).toBe(true);
  await expect(RawClient.connect(app.host)).rejects.toThrow();
  expect(await statusOf(slow)).toBe(200);
  expect(await slow.endsWithin(1000)).toBe(true);
});

Deno.test("a door that is stopped ends everything, whatever is half-sent", async () => {
  const app = await startSmallApp({ limits: LONG });
  const clients = await connectMany(app.host, 4);
  clients[1].send("GET / HTTP/1.1\r\nX:");
  clients[2].send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n1");
  clients[3].send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  const socket = await RawClient.openWebSocket(app.host, "/ws/x");
  await sleep(100);
  const startedAt = performance.now();
  await app.front.stop(100);
  expect(performance.now() - startedAt).toBeLessThan(1000);
  for (const client of [...clients, socket]) {
    expect(await client.endsWithin(1000)).toBe(true);
    client[Symbol.dispose]();
  }
});
