import { expect } from "expect";
import { EventLibrary } from "../../../lib/client/events/event_library.ts";
import { createEventSignals, EVENTS_AT_ONCE } from "../../../lib/client/events/event_signals.ts";
import type { LiveEvent } from "../../../lib/protocol/event.ts";
import { exampleEvent } from "./example_event.ts";

/** Stands in for the browser's, and is told of events by hand. */
class HandSource extends EventTarget {
  static newest: HandSource | undefined;
  onmessage: ((message: { data: string }) => void) | undefined;

  constructor() {
    super();
    HandSource.newest = this;
  }

  close(): void {}
}

function eventOf(number: number): LiveEvent {
  const id = String(number).padStart(12, "0");
  return exampleEvent({ event_id: `11111111-1111-4111-8111-${id}` });
}

/** The page with a server that keeps the events 0 to `count - 1`, the last of them being the newest. */
async function withServer(
  count: number,
  fn: (page: {
    kept: LiveEvent[];
    signals: ReturnType<typeof createEventSignals>;
    library: EventLibrary;
    /** Runs before the server answers the next request for events. */
    meanwhile: (fn: () => void) => void;
  }) => Promise<void>,
): Promise<void> {
  const kept = Array.from({ length: count }, (_, index) => eventOf(index)).reverse();
  const { fetch, EventSource } = globalThis;
  let act: (() => void) | undefined;
  globalThis.fetch = (input, init) => {
    const { pathname, searchParams } = new URL(String(input));
    if (init?.method === "DELETE") {
      const index = kept.findIndex(({ event_id }) => pathname.endsWith(event_id));
      kept.splice(index, 1);
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    if (pathname !== "/event") return Promise.resolve(Response.json({ cameras: [] }));
    const limit = Number(searchParams.get("limit"));
    if (limit > 1000) {
      return Promise.resolve(Response.json({ error: "bad_request", detail: "" }, { status: 400 }));
    }
    const before = searchParams.get("before");
    const place = before === null ? -1 : kept.findIndex(({ event_id }) => event_id === before);
    if (before !== null && place < 0) {
      return Promise.resolve(
        Response.json({ error: "event_not_found", detail: "" }, { status: 404 }),
      );
    }
    const events = kept.slice(place + 1, place + 1 + limit);
    act?.();
    act = undefined;
    return Promise.resolve(Response.json({ events }));
  };
  Object.assign(globalThis, { EventSource: HandSource });
  try {
    const signals = createEventSignals();
    const library = new EventLibrary(signals, "http://h/events");
    await fn({ kept, signals, library, meanwhile: (fn) => act = fn });
  } finally {
    Object.assign(globalThis, { fetch, EventSource });
  }
}

Deno.test("all events can be shown, however many there are", () =>
  withServer(1500, async ({ kept, signals, library }) => {
    await library.refresh();
    expect(signals.events.value?.length).toBe(EVENTS_AT_ONCE);
    for (let page = 1; signals.hasMore.value && page < 30; page++) await library.showMore();
    expect(signals.problem.value).toBeNull();
    expect(signals.events.value).toEqual(kept);
    // As after a connection that broke.
    await library.refresh();
    expect([signals.problem.value, signals.hasMore.value]).toEqual([null, true]);
    expect(signals.events.value?.length).toBe(1000);
  }));

Deno.test("older events can be shown after some were deleted, here or elsewhere", () =>
  withServer(EVENTS_AT_ONCE + 5, async ({ kept, signals, library }) => {
    const { events, hasMore } = signals;
    await library.refresh();
    await library.remove(events.value?.[3] as LiveEvent);
    expect([events.value?.length, hasMore.value]).toEqual([EVENTS_AT_ONCE - 1, true]);
    kept.splice(EVENTS_AT_ONCE - 2, 1);
    await library.showMore();
    await library.showMore();
    expect(events.value).toEqual(kept);
    expect(hasMore.value).toBe(false);
  }));

Deno.test("when all that are shown are deleted, older ones take their place", () =>
  withServer(EVENTS_AT_ONCE + 5, async ({ kept, signals, library }) => {
    await library.refresh();
    for (const event of [...signals.events.value ?? []]) await library.remove(event);
    expect(signals.events.value).toEqual(kept);
    expect(kept.length).toBe(5);
  }));

Deno.test("an event that comes while others are asked for is not lost", () =>
  withServer(EVENTS_AT_ONCE + 5, async ({ kept, signals, library, meanwhile }) => {
    const stop = library.run();
    const come = (number: number) => {
      kept.unshift(eventOf(number));
      HandSource.newest?.onmessage?.({ data: JSON.stringify(eventOf(number)) });
    };
    meanwhile(() => come(1000));
    await library.refresh();
    expect(signals.events.value).toEqual(kept.slice(0, EVENTS_AT_ONCE));
    meanwhile(() => come(1001));
    await library.showMore();
    come(1002);
    expect(signals.events.value).toEqual(kept);
    stop();
  }));
