import { expect } from "expect";
import { RawClient, sleep } from "../attacks/raw_client.ts";
import { SHORT_LIMITS, startSmallApp } from "./small_app.ts";

const HOST = "Host: x.example\r\n";

/** Status line and body of each answer, in the order in which they came. */
function answersOf(text: string): string[] {
  return text.split("HTTP/1.1 ").slice(1)
    .map((answer) => `${answer.slice(0, 3)} ${answer.slice(answer.indexOf("\r\n\r\n") + 4)}`);
}

Deno.test("requests reach the application with their whole URL and body, one after the other", async () => {
  await using app = await startSmallApp();
  using client = await RawClient.connect(app.host);
  client.send(`GET /a?b=c HTTP/1.1\r\n${HOST}\r\n`);
  await client.receive(/a\?b=c $/);
  client.send(`POST /b HTTP/1.1\r\n${HOST}Content-Length: 5\r\n\r\nhe`);
  client.send("llo");
  await client.receive(/hello$/);
  client.send(`POST /c HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n`);
  client.send("2\r\nde\r\n0\r\n\r\n");
  await client.receive(/abcde$/);
  expect(app.requests).toEqual([
    "GET http://x.example/a?b=c ",
    "POST http://x.example/b hello",
    "POST http://x.example/c abcde",
  ]);
  expect(answersOf(client.received)).toEqual(app.requests.map((line) => `200 ${line}`));
});

Deno.test("pipelined requests are answered in order, and none is taken for the body of another", async () => {
  await using app = await startSmallApp();
  using client = await RawClient.connect(app.host);
  const requests = [
    `GET /1 HTTP/1.1\r\n${HOST}\r\n`,
    `POST /2 HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`,
    `POST /3 HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n`,
    `GET /4 HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`,
  ];
  client.send(requests.join(""));
  await client.ended;
  expect(answersOf(client.received)).toEqual([
    "200 GET http://x.example/1 ",
    "200 POST http://x.example/2 abc",
    "200 POST http://x.example/3 x",
    "200 GET http://x.example/4 ",
  ]);
});

Deno.test("a request that is ambiguous is refused with 400 and ends the connection", async () => {
  await using app = await startSmallApp();
  const smuggled = `GET /smuggled HTTP/1.1\r\n${HOST}\r\n`;
  const attempts = [
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Content-Length: 0\r\nContent-Length: 40\r\n\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
    `POST / HTTP/1.1\r\n${HOST}Transfer-Encoding: chunked\r\n\r\n0;x\n\r\n\r\n`,
    `GET / HTTP/1.1\r\n${HOST}X: y\nContent-Length: 40\r\n\r\n`,
  ];
  for (const attempt of attempts) {
    using client = await RawClient.connect(app.host);
    client.send(attempt + smuggled);
    expect([attempt, await client.endsWithin(3000)]).toEqual([attempt, true]);
    expect([attempt, client.received]).toEqual([
      attempt,
      expect.stringMatching(/^HTTP\/1.1 400 [^]*\r\n\r\n{"error":"bad_request","detail":"[^"]+"}$/),
    ]);
  }
  expect(app.requests).toEqual([]);
});

Deno.test("what follows a refused upgrade is not taken for a request", async () => {
  await using app = await startSmallApp({ handler: () => new Response("no", { status: 403 }) });
  using client = await RawClient.connect(app.host);
  client.send(
    `GET /ws/x HTTP/1.1\r\n${HOST}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n` +
      `GET /next HTTP/1.1\r\n${HOST}\r\n`,
  );
  expect(await client.endsWithin(3000)).toBe(true);
  expect(answersOf(client.received)).toEqual(["403 no"]);
});

Deno.test("old clients and clients that say that this is their last request are answered and closed", async () => {
  await using app = await startSmallApp();
  for (
    const head of ["GET /a HTTP/1.0\r\n\r\n", `GET /a HTTP/1.1\r\n${HOST}Connection: close\r\n\r\n`]
  ) {
    using client = await RawClient.connect(app.host);
    client.send(head);
    await client.ended;
    expect(client.received).toMatch(/^HTTP\/1\.[01] 200 OK\r\n/);
  }
  // A name for the application, where the client gives none.
  expect(app.requests[0]).toBe(`GET http://${app.host}/a `);
});

Deno.test("HEAD and empty answers do not hold up the next request", async () => {
  await using app = await startSmallApp({
    handler: ({ method }) =>
      new Response(method === "HEAD" ? "unseen" : null, { status: method === "HEAD" ? 200 : 204 }),
  });
  using client = await RawClient.connect(app.host);
  client.send(`HEAD / HTTP/1.1\r\n${HOST}\r\n`);
  await client.receive(/\r\n\r\n$/);
  client.send(`DELETE / HTTP/1.1\r\n${HOST}\r\n`);
  await client.receive(/ 204 [^]*\r\n\r\n$/);
  expect(client.hasEnded).toBe(false);
});

Deno.test("a client that expects 100-continue gets it, and then its answer", async () => {
  await using app = await startSmallApp();
  using client = await RawClient.connect(app.host);
  client.send(`POST /a HTTP/1.1\r\n${HOST}Content-Length: 2\r\nExpect: 100-continue\r\n\r\n`);
  await client.receive(/^HTTP\/1.1 100 Continue\r\n\r\n/);
  client.send("ok");
  await client.receive(/ok$/);
  expect(answersOf(client.received)).toEqual(["100 ", "200 POST http://x.example/a ok"]);
});

Deno.test("heads that never end, come slowly or are too large are refused", async () => {
  await using app = await startSmallApp();
  const silent = await RawClient.connect(app.host);
  const half = await RawClient.connect(app.host);
  half.send(`GET / HTTP/1.1\r\n${HOST}X: `);
  const dripping = await RawClient.connect(app.host);
  const timer = setInterval(() => dripping.send("x"), 20);
  const large = await RawClient.connect(app.host);
  large.send(`GET / HTTP/1.1\r\n${HOST}X: ${"x".repeat(33_000)}\r\n\r\n`);
  for (const client of [silent, half, dripping, large]) {
    expect(await client.endsWithin(3000)).toBe(true);
    client[Symbol.dispose]();
  }
  clearInterval(timer);
  expect(silent.received).toBe("");
  expect(half.received).toMatch(/^HTTP\/1.1 408 /);
  expect(dripping.received).toMatch(/^HTTP\/1.1 408 /);
  expect(large.received).toMatch(/^HTTP\/1.1 431 /);
  expect(app.requests).toEqual([]);
});

Deno.test("an idle connection is closed, one that goes on asking is not", async () => {
  await using app = await startSmallApp({ limits: { ...SHORT_LIMITS, idleTimeoutMs: 3000 } });
  using idle = await RawClient.connect(app.host);
  using busy = await RawClient.connect(app.host);
  idle.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  for (let turn = 1; !idle.hasEnded && turn <= 1000; turn += 1) {
    busy.send(`GET /${turn} HTTP/1.1\r\n${HOST}\r\n`);
    await busy.receive(new RegExp(`/${turn} $`));
    await sleep(150);
  }
  expect([idle.hasEnded, busy.hasEnded]).toEqual([true, false]);
  expect(await busy.endsWithin(10_000)).toBe(true);
});

Deno.test("a body that stops is refused with 408, a slow one that keeps the pace is not", async () => {
  const pace = { bytes: 1000, withinMs: 2500 };
  await using app = await startSmallApp({ limits: { ...SHORT_LIMITS, pace } });
  using stopped = await RawClient.connect(app.host);
  stopped.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 5000\r\n\r\n${"x".repeat(4999)}`);
  using dripping = await RawClient.connect(app.host);
  dripping.send(`POST / HTTP/1.1\r\n${HOST}Content-Length: 5000\r\n\r\n`);
  const timer = setInterval(() => dripping.send("x"), 20);
  using slow = await RawClient.connect(app.host);
  slow.send(`POST /slow HTTP/1.1\r\n${HOST}Content-Length: 5000\r\n\r\n`);
  for (let part = 0; part < 10; part += 1) {
    slow.send("x".repeat(500));
    await sleep(100);
  }
  for (const client of [stopped, dripping]) {
    expect(await client.endsWithin(3000)).toBe(true);
    expect(client.received).toMatch(/^HTTP\/1.1 408 /);
  }
  clearInterval(timer);
  await slow.receive(/bytes$/);
  expect(app.requests).toEqual(["POST http://x.example/slow 5000 bytes"]);
});

Deno.test("an answer before the end of the body ends the connection, and can be read", async () => {
  await using app = await startSmallApp();
  using client = await RawClient.connect(app.host);
  client.send(
    `POST /early HTTP/1.1\r\n${HOST}Content-Length: 500000\r\n\r\n${"x".repeat(200_000)}`,
  );
  await client.receive(/early$/);
  client.send("x".repeat(100_000));
  expect(await client.endsWithin(3000)).toBe(true);
  expect(answersOf(client.received)).toEqual(["413 early"]);
});

Deno.test("a client that does not read its answer is cut, and its answer with it", async () => {
  let cancelled = false;
  await using app = await startSmallApp({
    handler: () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
          cancel() {
            cancelled = true;
          },
        }),
      ),
  });
  using client = await RawClient.connect(app.host);
  client.pause();
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  const startedAt = performance.now();
  while (!cancelled && performance.now() - startedAt < 5000) await sleep(20);
  expect(cancelled).toBe(true);
});

Deno.test("the application learns that a client has gone while it works on the answer", async () => {
  const aborted = Promise.withResolvers<void>();
  await using app = await startSmallApp({
    handler: async ({ signal }) => {
      signal.addEventListener("abort", () => aborted.resolve());
      await aborted.promise;
      return new Response();
    },
    limits: { ...SHORT_LIMITS, closeTimeoutMs: 200 },
  });
  const client = await RawClient.connect(app.host);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  await sleep(100);
  client.reset();
  await aborted.promise;
});

Deno.test("an answer that breaks off does not look complete", async () => {
  await using app = await startSmallApp({
    handler: () => {
      let pieces = 0;
      return new Response(
        new ReadableStream({
          pull(controller) {
            if (pieces++ < 3) controller.enqueue(new TextEncoder().encode("piece"));
            else controller.error(new Error("broken off"));
          },
        }),
      );
    },
  });
  using client = await RawClient.connect(app.host);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  expect(await client.endsWithin(3000)).toBe(true);
  expect(client.received).toContain("piece");
  expect(client.received).not.toMatch(/0\r\n\r\n$/);
});

Deno.test("an answer whose head is too large for the door is refused with 502", async () => {
  await using app = await startSmallApp({
    handler: () => new Response("x", { headers: { "X-Large": "x".repeat(70_000) } }),
  });
  using client = await RawClient.connect(app.host);
  client.send(`GET / HTTP/1.1\r\n${HOST}\r\n`);
  expect(await client.endsWithin(3000)).toBe(true);
  expect(client.received).toMatch(/^HTTP\/1.1 502 /);
});
