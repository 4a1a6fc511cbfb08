import { configure, type LogRecord, reset } from "@logtape/logtape";
import { expect } from "expect";
import { EventNotFoundError } from "../../lib/events/store/errors.ts";
import type { LiveEvent } from "../../lib/protocol/event.ts";
import { eventMetrics } from "../../lib/telemetry/metrics.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { smallDisk, withoutSmallDisks } from "../video/small_disk.ts";
import { eventService, moment, PICTURE, until } from "./moments.ts";

async function texts(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  isEnough: (text: string) => boolean,
) {
  let text = "";
  for await (const part of stream.pipeThrough(new TextDecoderStream())) {
    text += part;
    if (isEnough(text)) return text;
  }
  return text;
}

/** Keys and events of a stream of server-sent events. */
function readParts(text: string): [key: number, event: LiveEvent][] {
  return Array.from(
    text.matchAll(/^id: (\d+)\ndata: (.*)\n\n/gm),
    ([, key, json = ""]) => [Number(key), JSON.parse(json)],
  );
}

async function lostEvents(): Promise<number> {
  return (await eventMetrics.lost.get()).values[0]?.value ?? 0;
}

function filesIn(path: string): string[] {
  return Array.from(Deno.readDirSync(path), ({ name }) => name);
}

Deno.test("without an event nothing is left on the disk", async () => {
  await using directory = await temporaryDirectory();
  const events = eventService(directory.path);
  await events.start();
  expect(await events.list({ limit: 10 })).toEqual([]);
  await expect(events.get(crypto.randomUUID())).rejects.toThrow(EventNotFoundError);
  await events.measure();
  await events.stop();
  expect(filesIn(directory.path)).toEqual([]);
});

Deno.test("events are kept with their pictures across restarts, newest first", async () => {
  await using directory = await temporaryDirectory();
  const first = eventService(directory.path);
  await first.start();
  const atMs = Date.parse("2026-11-26T12:00:00.250Z");
  first.record(moment({ event: { track_id: 1 }, atMs: Date.now() }));
  const sessionId = crypto.randomUUID();
  first.record(moment({ event: { track_id: 2 }, source: { sessionId } }));
  await first.stop();

  const second = eventService(directory.path, { maxAgeMs: Date.now() - atMs + 86_400_000 });
  await second.start();
  second.record(moment({ event: { track_id: 3 }, atMs }));
  await until(async () => (await second.list({ limit: 10 })).length === 3);
  const [newest, middle, oldest] = await second.list({ limit: 10 });
  expect([newest?.track_id, middle?.track_id, oldest?.track_id]).toEqual([3, 2, 1]);
  expect(newest).toMatchObject({ camera_id: "door", timestamp: "2026-11-26T12:00:00.250Z" });
  expect(newest).not.toHaveProperty("session_id");
  expect(middle).toMatchObject({ session_id: sessionId });
  expect(middle).not.toHaveProperty("camera_id");
  const id = oldest?.event_id ?? "";
  expect(oldest?.snapshot).toBe(`/event/${id}/snapshot.jpg`);
  expect(await Deno.readFile(await second.snapshotPath(id))).toEqual(PICTURE);
  await second.remove(id);
  await expect(second.get(id)).rejects.toThrow(EventNotFoundError);
  await expect(second.remove(id)).rejects.toThrow(EventNotFoundError);
  expect(filesIn(`${directory.path}/events`)).toHaveLength(2);
  await second.stop();
});

Deno.test("the oldest events make room, with their pictures, and files of nobody are removed", async () => {
  await using directory = await temporaryDirectory();
  const events = eventService(directory.path, { maxEvents: 3 });
  // Too old to be kept at all.
  events.record(moment({ event: { track_id: 0 }, atMs: Date.now() - 86_500_000 }));
  for (let track_id = 1; track_id <= 5; track_id++) events.record(moment({ event: { track_id } }));
  await until(async () => (await events.list({ limit: 10 })).length === 3);
  await events.stop();
  await Deno.writeFile(`${directory.path}/events/${crypto.randomUUID()}.jpg`, PICTURE);
  await Deno.writeFile(`${directory.path}/events/mine.jpg`, PICTURE);

  const again = eventService(directory.path, { maxEvents: 2 });
  await again.start();
  const kept = await again.list({ limit: 10 });
  expect(kept.map(({ track_id }) => track_id)).toEqual([5, 4]);
  expect(filesIn(`${directory.path}/events`).toSorted())
    .toEqual([...kept.map(({ event_id }) => `${event_id}.jpg`), "mine.jpg"].toSorted());
  await again.stop();
});

Deno.test("clients of the feed get every event, and go on where they were", async () => {
  await using directory = await temporaryDirectory();
  const events = eventService(directory.path, { maxEvents: 100 });
  const feed = await events.stream(null);
  const text = texts(feed, (text) => readParts(text).length === 3);
  for (let track_id = 1; track_id <= 3; track_id++) events.record(moment({ event: { track_id } }));
  const parts = readParts(await text);
  expect(parts.map(([key, { track_id }]) => [key, track_id])).toEqual([[1, 1], [2, 2], [3, 3]]);
  expect(parts.map(([, event]) => event)).toEqual((await events.list({ limit: 10 })).toReversed());

  // The one that it got last is removed meanwhile.
  await events.remove(parts[0]?.[1].event_id ?? "");
  const resumed = await texts(await events.stream("1"), (text) => readParts(text).length === 2);
  expect(readParts(resumed).map(([key]) => key)).toEqual([2, 3]);
  const quiet = texts(await events.stream("nonsense"), (text) => text.includes("\n:\n\n"));
  expect(readParts(await quiet)).toEqual([]);
  // The key of a database that is no longer there.
  const ahead = await events.stream("99");
  events.record(moment({ event: { track_id: 4 } }));
  const later = await texts(ahead, (text) => readParts(text).length === 1);
  expect(readParts(later).map(([key]) => key)).toEqual([4]);

  const open = texts(await events.stream(null), () => false);
  await events.stop();
  // Stopping ends those that are open.
  await open;
});

Deno.test("a client of the feed that reads nothing costs no memory, and leaves without a trace", async () => {
  await using directory = await temporaryDirectory();
  const events = eventService(directory.path, { maxEvents: 200 });
  const idle = await events.stream(null);
  for (let track_id = 0; track_id < 90; track_id++) events.record(moment({ event: { track_id } }));
  await until(async () => (await events.list({ limit: 200 })).length === 90);
  const text = await texts(idle, (text) => readParts(text).length === 90);
  expect(readParts(text).map(([, { track_id }]) => track_id))
    .toEqual(Array.from({ length: 90 }, (_, index) => index));
  const left = await events.stream(null);
  const reader = left.getReader();
  await reader.read();
  const waiting = reader.read();
  await reader.cancel();
  expect(await waiting).toMatchObject({ done: true });
  await events.stop();
});

Deno.test("events that come faster than the disk takes them are counted, and take little memory", async () => {
  await using directory = await temporaryDirectory();
  const events = eventService(directory.path);
  const lost = await lostEvents();
  const jpeg = new Uint8Array(10_000_000);
  const records: LogRecord[] = [];
  await configure({
    reset: true,
    sinks: { memory: (record) => void records.push(record) },
    loggers: [{ category: "livesyte", sinks: ["memory"] }, { category: ["logtape", "meta"] }],
  });
  for (let track_id = 0; track_id < 5; track_id++) {
    events.record(moment({ event: { track_id }, jpeg }));
  }
  await reset();
  expect(await lostEvents()).toBe(lost + 2);
  // One line, however many they are: the log would only make it worse.
  expect(records.map(({ properties }) => properties.event)).toEqual(["event_lost"]);
  await until(async () => (await events.list({ limit: 9 })).length === 3);
  events.record(moment({ event: { track_id: 9 } }));
  await until(async () => (await events.list({ limit: 1 }))[0]?.track_id === 9);
  await events.stop();
});

Deno.test("a damaged database is told of, and the server goes on without events", async () => {
  await using directory = await temporaryDirectory();
  await Deno.writeTextFile(`${directory.path}/events.sqlite`, "no database".repeat(1000));
  const events = eventService(directory.path);
  await events.start();
  events.record(moment());
  await expect(events.list({ limit: 1 })).rejects.toThrow("The event database is damaged");
  await events.measure();
  await events.stop();
});

Deno.test({
  name: "on a full disk events are kept without pictures, and then not at all, and nothing fails",
  ignore: withoutSmallDisks,
  async fn() {
    await using disk = await smallDisk(4_194_304);
    if (disk === undefined) throw new Error("Cannot mount a disk");
    const events = eventService(disk.path, { reserveBytes: 3_145_728 });
    const jpeg = new Uint8Array(700_000);
    events.record(moment({ jpeg }));
    await until(async () => (await events.list({ limit: 9 })).length === 1);
    events.record(moment({ jpeg }));
    events.record(moment({ jpeg }));
    await until(async () => (await events.list({ limit: 9 })).length === 3);
    const kept = await events.list({ limit: 9 });
    expect(kept.map(({ snapshot }) => snapshot !== null)).toEqual([false, false, true]);
    await Deno.writeFile(`${disk.path}/other`, new Uint8Array(1_800_000));
    const lost = await lostEvents();
    events.record(moment({ jpeg }));
    await until(async () => await lostEvents() > lost);
    await Deno.remove(`${disk.path}/other`);
    events.record(moment({ jpeg: PICTURE, event: { track_id: 9 } }));
    await until(async () => (await events.list({ limit: 1 }))[0]?.track_id === 9);
    await events.stop();
  },
});
