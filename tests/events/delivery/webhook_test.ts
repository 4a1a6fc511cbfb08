import { createHmac } from "node:crypto";
import { expect } from "expect";
import { configure, type LogRecord, reset } from "@logtape/logtape";
import { EventRefusedError } from "../../../lib/events/delivery/errors.ts";
import { postEvent, signBody } from "../../../lib/events/delivery/webhook.ts";
import { eventMetrics } from "../../../lib/telemetry/metrics.ts";
import { freePort } from "../../cluster/nats_server.ts";
import { temporaryDirectory } from "../../video/temporary_directory.ts";
import { eventService, liveEvent, moment, until } from "../moments.ts";
import { type Received, startReceiver } from "../receiver.ts";

const OPTIONS = { secret: undefined, timeoutMs: 20_000, signal: new AbortController().signal };

function post(url: string, options: Partial<Parameters<typeof postEvent>[1]> = {}) {
  return postEvent(liveEvent(), { ...OPTIONS, url: new URL(url), ...options });
}

async function resultsOf(result: string): Promise<number> {
  const { values } = await eventMetrics.deliveries.get();
  const found = values.find(({ labels }) =>
    labels.target === "webhook" && labels.result === result
  );
  return found?.value ?? 0;
}

/** Track ids, by which the tests count events. */
function tracks(events: readonly { track_id: number | null }[]): (number | null)[] {
  return events.map(({ track_id }) => track_id);
}

Deno.test("an event is posted as JSON, with a signature of the body", async () => {
  await using receiver = startReceiver();
  const event = liveEvent({ label: "Füße" });
  const url = new URL(receiver.url.replace("//", "//us%40er:pass%3Aword@") + "hook?key=1");
  await postEvent(event, { ...OPTIONS, url, secret: "hush" });
  const [request] = receiver.requests;
  expect(JSON.parse(request?.body ?? "")).toEqual(event);
  expect(request?.path).toBe("/hook?key=1");
  expect(request?.headers.get("content-type")).toBe("application/json");
  expect(request?.headers.get("authorization")).toBe(`Basic ${btoa("us@er:pass:word")}`);
  const hmac = createHmac("sha256", "hush").update(request?.body ?? "").digest("hex");
  expect(request?.headers.get("x-livesyte-signature")).toBe(`sha256=${hmac}`);
  await post(receiver.url);
  expect(receiver.requests[1]?.headers.has("x-livesyte-signature")).toBe(false);
  expect(receiver.requests[1]?.headers.has("authorization")).toBe(false);
});

Deno.test("signatures are those of other programs", () => {
  // printf '{"event_id":"1"}' | openssl dgst -sha256 -hmac 'a secret'
  expect(signBody('{"event_id":"1"}', "a secret"))
    .toBe("sha256=4921039d1fd31eef2ebc843420ee8d8dcbd4d701f0fc7c456b5f21a01da6fe5d");
});

Deno.test("whatever is no answer from 200 to 299 in time is a failure, told without the address", async () => {
  await using receiver = startReceiver();
  const failure = async (answer: () => Response | Promise<Response>, options = {}) => {
    receiver.answer = answer;
    return await post(`${receiver.url}secret-path`, options).then(
      () => "delivered",
      ({ message }) => message,
    );
  };
  expect(await failure(() => new Response(null, { status: 204 }))).toBe("delivered");
  const status = (status: number, headers = {}) => () => new Response("no", { status, headers });
  expect(await failure(status(500))).toBe("the receiver answered with the status 500");
  expect(await failure(status(404))).toBe("the receiver answered with the status 404");
  const before = receiver.requests.length;
  expect(await failure(status(307, { Location: `${receiver.url}other` })))
    .toBe("the receiver answered with the status 307");
  expect(receiver.requests.length).toBe(before + 1);
  const refused = [];
  for (const code of [400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 425, 429, 500, 503]) {
    receiver.answer = status(code);
    const error = await post(receiver.url).catch((error) => error);
    if (error instanceof EventRefusedError) refused.push(code);
  }
  expect(refused).toEqual([400, 409, 413, 422]);
  const slow = Promise.withResolvers<Response>();
  expect(await failure(() => slow.promise, { timeoutMs: 300 }))
    .toBe("the receiver did not answer within 0.3 s");
  slow.resolve(new Response());
  await expect(post(`http://user:secret@127.0.0.1:${freePort()}/secret`))
    .rejects.toThrow(/^the receiver cannot be reached(?!.*secret)/);
});

Deno.test("a port that HTTP clients refuse is told", async () => {
  await expect(post("http://127.0.0.1:6000/")).rejects.toThrow(
    "the receiver cannot be reached: HTTP clients refuse its port, so it needs another one",
  );
});

Deno.test("a certificate of somebody else is told without the address", async () => {
  const { fetch } = globalThis;
  // As Deno tells it; no certificate of a test is trusted here.
  const cause = new Error(
    "error sending request for url (https://secret.example/hook): client error (Connect): invalid peer certificate: " +
      'certificate not valid for name "secret.example"; certificate is only valid for DnsName("other.example")',
  );
  globalThis.fetch = () => Promise.reject(new TypeError("fetch failed", { cause }));
  try {
    await expect(post("https://secret.example/hook")).rejects.toThrow(
      /^the receiver cannot be reached: invalid peer certificate: certificate not valid for this name$/,
    );
  } finally {
    globalThis.fetch = fetch;
  }
});

Deno.test("a receiver that takes a connection and closes it is a failure", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const closing = (async () => {
    for await (const connection of listener) connection.close();
  })();
  await expect(post(`http://127.0.0.1:${listener.addr.port}/`))
    .rejects.toThrow(/^the receiver cannot be reached/);
  listener.close();
  await closing;
});

Deno.test("events arrive in their order, each at least once, whatever the receiver does between", async () => {
  await using directory = await temporaryDirectory();
  await using receiver = startReceiver();
  const webhook = { url: new URL(receiver.url), secret: undefined };
  const events = eventService(directory.path, { webhook, timing: { webhookMs: 3000 } });
  let requests = 0;
  receiver.answer = async () => {
    requests += 1;
    if (requests % 3 === 1) return new Response("no", { status: 500 });
    // Too late, although it is done.
    if (requests === 5) await until(() => requests > 5);
    return new Response();
  };
  const [failed, delivered] = [await resultsOf("failed"), await resultsOf("delivered")];
  for (let track_id = 0; track_id < 8; track_id++) events.record(moment({ event: { track_id } }));
  // Those for others only are not sent here.
  events.record(moment({ event: { track_id: 99 }, actions: ["mqtt"] }));
  await until(() => new Set(tracks(receiver.taken)).size === 8);
  await until(async () => await resultsOf("delivered") === delivered + 8);
  const unique = [...new Map(receiver.taken.map((event) => [event.event_id, event])).values()];
  expect(tracks(unique)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  // The one that was answered too late came again.
  expect(receiver.taken.length).toBe(9);
  expect(await resultsOf("failed")).toBeGreaterThan(failed + 3);
  await events.measure();
  expect((await eventMetrics.outbox.get()).values).toContainEqual(
    expect.objectContaining({ labels: { target: "webhook" }, value: 0 }),
  );
  await events.stop();
});

Deno.test("what could not be sent is sent after a restart, and what was removed is not", async () => {
  await using directory = await temporaryDirectory();
  const port = freePort();
  const webhook = { url: new URL(`http://127.0.0.1:${port}/`), secret: undefined };
  const timing = { firstRetryMs: 60_000 };
  const first = eventService(directory.path, { webhook, timing });
  for (let track_id = 0; track_id < 4; track_id++) first.record(moment({ event: { track_id } }));
  await until(async () => (await first.list({ limit: 9 })).length === 4);
  const [, , second] = await first.list({ limit: 9 });
  await first.remove(second?.event_id ?? "");
  // Not held up by the wait for the receiver.
  const begin = performance.now();
  await first.stop();
  expect(performance.now() - begin).toBeLessThan(5000);

  await using receiver = startReceiver(port);
  const again = eventService(directory.path, { webhook, timing });
  await again.start();
  await until(() => receiver.taken.length === 3);
  expect(tracks(receiver.taken)).toEqual([0, 2, 3]);
  await again.stop();
});

Deno.test("after a day an event is given up, and the next one is tried", async () => {
  await using directory = await temporaryDirectory();
  await using receiver = startReceiver();
  const refused = ({ body }: Received) => JSON.parse(body).track_id === 1;
  receiver.answer = (request) => new Response(null, { status: refused(request) ? 500 : 200 });
  const webhook = { url: new URL(receiver.url), secret: undefined };
  const first = eventService(directory.path, { webhook, timing: { firstRetryMs: 60_000 } });
  const failed = await resultsOf("failed");
  first.record(moment({ event: { track_id: 1 } }));
  first.record(moment({ event: { track_id: 2 } }));
  await until(async () => await resultsOf("failed") === failed + 1);
  await until(async () => (await first.list({ limit: 9 })).length === 2);
  await first.stop();
  expect(receiver.taken).toEqual([]);

  const { now } = Date;
  const givenUp = await resultsOf("given_up");
  Date.now = () => now() + 86_400_000;
  try {
    const later = eventService(directory.path, { webhook, maxAgeMs: 1e10 });
    await later.start();
    await until(() => receiver.taken.length === 1);
    expect(tracks(receiver.taken)).toEqual([2]);
    expect(await resultsOf("given_up")).toBe(givenUp + 1);
    await later.stop();
  } finally {
    Date.now = now;
  }
});

Deno.test("an event that the receiver refuses is sent beside the others, until a day has passed", async () => {
  await using directory = await temporaryDirectory();
  await using receiver = startReceiver();
  const refused = ({ body }: Received) => JSON.parse(body).track_id === 1;
  receiver.answer = (request) => new Response(null, { status: refused(request) ? 400 : 200 });
  const webhook = { url: new URL(receiver.url), secret: undefined };
  const first = eventService(directory.path, { webhook, timing: { firstRetryMs: 10 } });
  for (let track_id = 0; track_id < 4; track_id++) first.record(moment({ event: { track_id } }));
  await until(() => receiver.taken.length === 3 && receiver.requests.filter(refused).length > 1);
  expect(tracks(receiver.taken)).toEqual([0, 2, 3]);
  await first.stop();

  const { now } = Date;
  const givenUp = await resultsOf("given_up");
  Date.now = () => now() + 86_400_000;
  try {
    const later = eventService(directory.path, { webhook, maxAgeMs: 1e10 });
    await later.start();
    await until(async () => await resultsOf("given_up") === givenUp + 1);
    await later.stop();
  } finally {
    Date.now = now;
  }
});

Deno.test("nothing that is logged holds an address or a secret", async () => {
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record) => void records.push(record) },
    loggers: [{ category: "livesyte", sinks: ["memory"] }, { category: ["logtape", "meta"] }],
  });
  try {
    await using directory = await temporaryDirectory();
    const at = `user-word:pass-word@127.0.0.1:${freePort()}`;
    const webhook = { url: new URL(`http://${at}/path-word?query-word=1`), secret: "hmac-word" };
    const mqtt = { url: new URL(`mqtt://${at}/path-word?query-word`), discovery: true };
    const events = eventService(directory.path, { webhook, mqtt });
    await events.start();
    events.record(moment());
    const logged = () => JSON.stringify(records.map(({ properties }) => properties));
    await until(() =>
      ["webhook", "mqtt", "event_mqtt"].every((word) => logged().includes(`"${word}"`))
    );
    await events.stop();
    expect(logged()).not.toContain("-word");
  } finally {
    await reset();
  }
});
