import { expect } from "expect";
import type { LiveEvent } from "../../lib/protocol/event.ts";
import { moment, PICTURE, until } from "../events/moments.ts";
import { RESULT } from "../streaming/simulated_stream.ts";
import { startTestServer, type TestServer } from "./test_server.ts";

const processor = { isValidPipeline: () => true, runOnFrame: () => Promise.resolve(RESULT) };
const SESSION_ID = "5f0c6b9e-8a55-4d0e-9d0f-3d5d4c1c7b11";

async function listOf(server: TestServer, query = ""): Promise<LiveEvent[]> {
  const response = await server.fetch(`/event${query}`);
  expect(response.status).toBe(200);
  return (await response.json()).events;
}

/** A server with four events: of a person at the door, a dog, a text in the yard, and a person in a stream. */
async function startServer(environment: Record<string, string> = {}): Promise<TestServer> {
  const server = await startTestServer({
    processor,
    environment: { EVENTS_MAX_DAYS: "3650", ...environment },
  });
  const { events } = server.services;
  const start = Date.parse("2026-11-26T10:00:00Z");
  events.record(moment({ atMs: start }));
  events.record(moment({ event: { label: "dog" }, atMs: start + 60_000 }));
  const yard = { cameraId: "yard", name: "Yard" };
  const event = { rule_id: "plate", label: null, text: "B-XY 123" };
  events.record(moment({ source: yard, event, atMs: start + 120_000 }));
  events.record(moment({ source: { sessionId: SESSION_ID }, atMs: start + 180_000 }));
  await until(async () => (await events.list({ limit: 9 })).length === 4);
  return server;
}

Deno.test("events are listed newest first, and by camera, rule, class and time", async () => {
  await using server = await startServer();
  const minutes = async (query: string) =>
    (await listOf(server, query)).map(({ timestamp }) => new Date(timestamp).getUTCMinutes());
  expect(await minutes("")).toEqual([3, 2, 1, 0]);
  expect(await minutes("?camera=door")).toEqual([1, 0]);
  expect(await minutes("?camera=door&label=dog")).toEqual([1]);
  expect(await minutes("?rule=plate")).toEqual([2]);
  expect(await minutes("?label=person")).toEqual([3, 0]);
  expect(await minutes("?since=2026-11-26T10:01:00Z")).toEqual([3, 2, 1]);
  expect(await minutes("?since=2026-11-26T12:02:00%2B02:00")).toEqual([3, 2]);
  expect(await minutes("?since=2026-11-26T12:02:00+02:00")).toEqual([3, 2]);
  expect(await minutes("?limit=2")).toEqual([3, 2]);
  const [, second] = await listOf(server, "?limit=2");
  expect(await minutes(`?limit=2&before=${second?.event_id}`)).toEqual([1, 0]);
  expect(await minutes("?camera=nowhere")).toEqual([]);
  // Where one was that is gone, nobody knows; an empty list would say that there is nothing older.
  for (const before of [crypto.randomUUID(), "x".repeat(5000), "%00"]) {
    const missing = await server.fetch(`/event?before=${before}`);
    expect(missing.status).toBe(404);
    expect(await missing.json()).toMatchObject({ error: "event_not_found" });
  }
});

Deno.test("parameters that cannot be used are refused with one sentence", async () => {
  await using server = await startTestServer({ processor });
  const days = ["yesterday", "2026-11-26", "2026-02-30T00:00:00Z", "2026-11-26T25:00Z"];
  for (const query of ["limit=0", "limit=1001", "limit=x", ...days.map((day) => `since=${day}`)]) {
    const response = await server.fetch(`/event?${query}`);
    expect([query, response.status]).toEqual([query, 400]);
    const [name] = query.split("=");
    const { error, detail } = await response.json();
    expect([error, detail]).toEqual([
      "bad_request",
      expect.stringContaining(`parameter ${name} must`),
    ]);
  }
});

Deno.test("an event can be looked at and removed, with its picture", async () => {
  await using server = await startServer();
  const [newest] = await listOf(server);
  const { event_id = "", snapshot } = newest ?? {};
  expect(snapshot).toBe(`/event/${event_id}/snapshot.jpg`);
  expect(await (await server.fetch(`/event/${event_id}`)).json()).toEqual(newest);

  const picture = await server.fetch(snapshot ?? "");
  expect(picture.headers.get("content-type")).toBe("image/jpeg");
  expect(picture.headers.get("cache-control")).toBe("private, max-age=86400, immutable");
  expect(await picture.bytes()).toEqual(PICTURE);
  const headers = { "If-None-Match": picture.headers.get("etag") ?? "" };
  const again = await server.fetch(snapshot ?? "", { headers });
  expect([again.status, (await again.bytes()).length]).toEqual([304, 0]);

  const removed = await server.fetch(`/event/${event_id}`, { method: "DELETE" });
  expect([removed.status, await removed.text()]).toEqual([204, ""]);
  for (
    const path of [
      `/event/${event_id}`,
      snapshot ?? "",
      "/event/none",
      "/event/..%2Fa/snapshot.jpg",
    ]
  ) {
    const missing = await server.fetch(path);
    expect([path, missing.status]).toEqual([path, 404]);
    expect(await missing.json()).toMatchObject({ error: "event_not_found" });
  }
  const second = await server.fetch(`/event/${event_id}`, { method: "DELETE" });
  expect(second.status).toBe(404);
  await second.body?.cancel();
});

Deno.test("the stream tells events as they come, and goes on after Last-Event-ID", async () => {
  await using server = await startServer();
  const open = async (
    headers: Record<string, string>,
    isEnough: (text: string) => boolean,
    query = "",
  ) => {
    const response = await server.fetch(`/event/stream${query}`, { headers });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    let text = "";
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += part;
      if (isEnough(text)) break;
      // The first part comes at once, before any event.
      if (text.startsWith("retry: ")) server.services.events.record(moment());
    }
    return text;
  };
  const fresh = await open({}, (text) => text.includes("data: "));
  expect(fresh).toMatch(/^retry: 3000\nid: 4\n\nid: 5\ndata: \{"event_id":"[^\n]*\}\n\n$/);
  const [newest] = await listOf(server);
  expect(JSON.parse(/data: (.*)/.exec(fresh)?.[1] ?? "")).toEqual(newest);
  const resumed = await open({ "Last-Event-ID": "2" }, (text) => text.includes("id: 5\n"));
  const idsIn = (text: string) => [...text.matchAll(/^id: (\d+)/gm)].map(([, id]) => id);
  expect(idsIn(resumed).slice(0, 4)).toEqual(["2", "3", "4", "5"]);
  const since = "?since=2026-11-26T11:02:00%2B01:00";
  const later = await open({}, (text) => text.includes("id: 5\n"), since);
  expect(idsIn(later).slice(0, 3)).toEqual(["2", "3", "4"]);
  const exact = await open({ "Last-Event-ID": "1" }, (text) => text.includes("id: 4\n"), since);
  expect(idsIn(exact).slice(0, 2)).toEqual(["1", "2"]);
  const never = "?since=9999-01-01T00:00:00Z";
  const fromNow = await open({}, (text) => text.includes("data: "), never);
  const [before, next] = idsIn(fromNow).map(Number);
  expect(next).toBe((before ?? 0) + 1);
  const refused = await server.fetch("/event/stream?since=2026-02-30T00:00:00Z");
  expect([refused.status, (await refused.json()).detail])
    .toEqual([400, "Query parameter since must be a time such as 2026-11-26T12:00:00Z"]);
  const head = await server.fetch("/event/stream", { method: "HEAD" });
  expect(head.headers.get("content-type")).toBe("text/event-stream");
});

Deno.test("events want the token where one is set, and pages of other sites get none", async () => {
  await using server = await startServer({ STREAM_AUTH_TOKEN: "open sesame" });
  const { events } = server.services;
  events.record(moment());
  await until(async () => (await events.list({ limit: 9 })).length > 0);
  const [event] = await events.list({ limit: 1 });
  const paths = ["/event", "/event/stream", `/event/${event?.event_id}`, event?.snapshot ?? ""];
  for (const path of paths) {
    const statusOf = async (url: string, headers = {}) => {
      const response = await server.fetch(url, { headers });
      await response.body?.cancel();
      return response.status;
    };
    expect([path, await statusOf(path)]).toEqual([path, 401]);
    expect([path, await statusOf(`${path}?token=open+sesame`)]).toEqual([path, 200]);
    const headers = { Origin: "https://evil.example" };
    expect([path, await statusOf(`${path}?token=open+sesame`, headers)]).toEqual([path, 403]);
  }
});

Deno.test("stopping ends the streams of events", async () => {
  const server = await startTestServer({ processor });
  const response = await server.fetch("/event/stream");
  const text = response.text();
  await server[Symbol.asyncDispose]();
  expect(await text).toBe("retry: 3000\nid: 0\n\n");
});
