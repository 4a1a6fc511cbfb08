import { expect } from "expect";
import { Outbox } from "../../../lib/events/delivery/outbox.ts";
import { DeliveryError, EventRefusedError } from "../../../lib/events/delivery/errors.ts";
import { EventStore } from "../../../lib/events/store/event_store.ts";
import type { LiveEvent } from "../../../lib/protocol/event.ts";
import { temporaryDirectory } from "../../video/temporary_directory.ts";
import { liveEvent, PICTURE, until } from "../moments.ts";

async function openStore() {
  const directory = await temporaryDirectory();
  const store = await EventStore.open({
    dataDirectory: directory.path,
    reserveBytes: 0,
    maxEvents: 100,
    maxAgeMs: 86_400_000,
    targets: ["mqtt"],
    onUnsent: () => {},
  });
  return {
    store,
    async [Symbol.asyncDispose]() {
      await store.close();
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("a target that comes back while an attempt fails is not waited for", async () => {
  await using opened = await openStore();
  const { store } = opened;
  await store.add(liveEvent(), PICTURE, ["mqtt"]);
  let attempts = 0;
  const outbox: Outbox = new Outbox({
    target: "mqtt",
    store,
    firstRetryMs: 60_000,
    deliver() {
      attempts += 1;
      if (attempts > 1) return Promise.resolve();
      outbox.retry();
      return Promise.reject(new DeliveryError("it is away"));
    },
  });
  await until(() => attempts === 2);
  await until(async () => await store.database.call("waiting", "mqtt") === 0);
  await outbox.stop();
});

Deno.test("a wait is ended by the target's coming back, and by stopping", async () => {
  await using opened = await openStore();
  const { store } = opened;
  await store.add(liveEvent(), PICTURE, ["mqtt"]);
  let attempts = 0;
  const outbox = new Outbox({
    target: "mqtt",
    store,
    firstRetryMs: 60_000,
    deliver() {
      attempts += 1;
      return Promise.reject(new DeliveryError("it is away"));
    },
  });
  const isWaiting = async () => (await store.database.call("next", "mqtt"))?.failingSinceMs != null;
  await until(isWaiting);
  await new Promise((resolve) => setTimeout(resolve, 20));
  outbox.retry();
  await until(() => attempts === 2);
  await outbox.stop();
  expect(attempts).toBe(2);
});

Deno.test("an event that comes while the outbox looks for more is not left behind", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const sent: LiveEvent[] = [];
  const outbox = new Outbox({
    target: "mqtt",
    store,
    firstRetryMs: 1,
    deliver(event) {
      sent.push(event);
      return Promise.resolve();
    },
  });
  for (let count = 0; count < 50; count++) {
    await store.add(liveEvent(), PICTURE, ["mqtt"]);
    outbox.wake();
    if (count % 3 === 0) await until(() => sent.length === count + 1);
  }
  await until(() => sent.length === 50);
  await outbox.stop();
});

Deno.test("an event that is refused holds nothing up, and arrives once it is taken", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const attempts: (number | null)[] = [];
  let isWanted = false;
  const outbox = new Outbox({
    target: "mqtt",
    store,
    firstRetryMs: 1,
    deliver({ track_id }) {
      attempts.push(track_id);
      return track_id === 1 && !isWanted
        ? Promise.reject(new EventRefusedError("it is not wanted"))
        : Promise.resolve();
    },
  });
  for (const track_id of [0, 1, 2, 3]) await store.add(liveEvent({ track_id }), PICTURE, ["mqtt"]);
  outbox.wake();
  await until(() => attempts.includes(3) && attempts.filter((each) => each === 1).length >= 3);
  expect(attempts.filter((each) => each !== 1)).toEqual([0, 2, 3]);
  expect(await store.database.call("waiting", "mqtt")).toBe(1);
  isWanted = true;
  await until(async () => await store.database.call("waiting", "mqtt") === 0);
  await outbox.stop();
});

Deno.test("an event that fails holds up those behind it, beside one that is refused", async () => {
  await using opened = await openStore();
  const { store } = opened;
  const attempts: (number | null)[] = [];
  const outbox = new Outbox({
    target: "mqtt",
    store,
    firstRetryMs: 60_000,
    deliver({ track_id }) {
      attempts.push(track_id);
      const Failure = track_id === 1 ? EventRefusedError : DeliveryError;
      return Promise.reject(new Failure("no"));
    },
  });
  for (const track_id of [1, 2, 3]) await store.add(liveEvent({ track_id }), PICTURE, ["mqtt"]);
  outbox.wake();
  await until(async () => (await store.database.call("next", "mqtt", [1]))?.failingSinceMs != null);
  outbox.retry();
  await until(() => attempts.length === 3);
  expect(attempts).toEqual([1, 2, 2]);
  await outbox.stop();
});
