import { expect } from "expect";
import { EventFeed } from "../../lib/events/event_feed.ts";
import { EventStore } from "../../lib/events/store/event_store.ts";
import { temporaryDirectory } from "../video/temporary_directory.ts";
import { liveEvent, PICTURE } from "./moments.ts";

Deno.test("an event is read once, however many clients are told of it", async () => {
  await using directory = await temporaryDirectory();
  const store = await EventStore.open({
    dataDirectory: directory.path,
    reserveBytes: 0,
    maxEvents: 10,
    maxAgeMs: 86_400_000,
    targets: [],
    onUnsent: () => {},
  });
  let reads = 0;
  const call = store.database.call.bind(store.database);
  store.database.call = (method, ...args) => {
    if (method === "after") reads += 1;
    return call(method, ...args);
  };
  const feed = new EventFeed({ findStore: () => Promise.resolve(store), heartbeatMs: 60_000 });
  const readers = await Promise.all(
    Array.from({ length: 100 }, async () => (await feed.open(null)).getReader()),
  );
  // The time to wait before another attempt, which comes at once.
  for (const reader of readers) await reader.read();
  const told = readers.map((reader) => reader.read());
  await store.add(liveEvent(), PICTURE, []);
  feed.wake();
  const decoder = new TextDecoder();
  const texts = new Set((await Promise.all(told)).map(({ value }) => decoder.decode(value)));
  expect(texts.size).toBe(1);
  expect([...texts][0]).toMatch(/^id: 1\ndata: /);
  expect(reads).toBeLessThan(5);
  feed.close();
  await store.close();
});

Deno.test("a stream ends with the server, also while the disk is asked for events", async () => {
  let asked = Promise.withResolvers<void>();
  const disk = Promise.withResolvers<undefined>();
  let isSlow = false;
  const findStore = () => {
    asked.resolve();
    return isSlow ? disk.promise : Promise.resolve(undefined);
  };
  const feed = new EventFeed({ findStore, heartbeatMs: 60_000 });
  const reader = (await feed.open(null)).getReader();
  await reader.read();
  asked = Promise.withResolvers();
  isSlow = true;
  const end = reader.read();
  await asked.promise;
  feed.close();
  disk.resolve(undefined);
  const timeout = Promise.withResolvers<"open">();
  const timer = setTimeout(() => timeout.resolve("open"), 5000);
  expect(await Promise.race([end, timeout.promise])).toEqual({ done: true, value: undefined });
  clearTimeout(timer);
});
