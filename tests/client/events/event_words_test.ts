import { expect } from "expect";
import {
  ALL_EVENTS,
  fetchEvents,
  isShown,
  snapshotUrl,
} from "../../../lib/client/events/event_api.ts";
import {
  describeEvent,
  describePlace,
  describeTime,
} from "../../../lib/client/events/event_words.ts";
import { exampleEvent } from "./example_event.ts";

Deno.test("events are told in words", () => {
  const words = (changes: Parameters<typeof exampleEvent>[0]) =>
    describeEvent(exampleEvent(changes));
  expect(words({})).toBe("Person came in");
  expect(words({ type: "leave", label: null })).toBe("Something left");
  expect(words({ type: "dwell" })).toBe("Person stays");
  expect(words({ type: "cross", label: "car", direction: "out", count: 12 }))
    .toBe("Car crossed outwards, number 12");
  expect(words({ type: "count", count: 3 })).toBe("3 at once: person");
  expect(words({ type: "count", count: 3, label: null })).toBe("3 at once");
  expect(words({ type: "text", label: null, text: "B-MW 123" })).toBe("Read “B-MW 123”");
});

Deno.test("an event tells where it was, by the name of its camera", () => {
  expect(describePlace(exampleEvent(), [{ id: "yard", name: "Yard" }])).toBe("Yard");
  expect(describePlace(exampleEvent(), [])).toBe("yard");
  const { camera_id: _, ...ofStream } = exampleEvent();
  expect(describePlace(ofStream, [])).toBe("A stream");
});

Deno.test("only the time is told of an event of today", () => {
  const { timestamp } = exampleEvent();
  const at = Date.parse(timestamp);
  const short = describeTime(timestamp, at);
  expect(describeTime(timestamp, at + 3 * 86_400_000).length).toBeGreaterThan(short.length);
});

Deno.test("events are filtered alike here and by the server", async () => {
  const filters = { ...ALL_EVENTS, camera: "yard", label: "person", hours: 1 };
  expect(isShown(exampleEvent(), filters)).toBe(true);
  expect(isShown(exampleEvent({ camera_id: "hall" }), filters)).toBe(false);
  expect(isShown(exampleEvent({ label: "car" }), filters)).toBe(false);
  expect(isShown(exampleEvent(), { ...filters, rule: "gate" })).toBe(false);
  const { fetch } = globalThis;
  const asked: string[] = [];
  globalThis.fetch = (url) => {
    asked.push(String(url));
    return Promise.resolve(Response.json({ events: [exampleEvent()] }));
  };
  try {
    const events = await fetchEvents("http://h/events?token=t", filters, {
      limit: 60,
      now: 7_200_000,
    });
    expect(events).toEqual([exampleEvent()]);
  } finally {
    globalThis.fetch = fetch;
  }
  const url = new URL(asked[0] ?? "");
  expect(url.pathname).toBe("/event");
  expect(Object.fromEntries(url.searchParams)).toEqual({
    token: "t",
    camera: "yard",
    label: "person",
    since: "1970-01-01T01:00:00.000Z",
    limit: "60",
  });
});

Deno.test("a picture is asked for with the token of the page", () => {
  expect(snapshotUrl("http://h/events?token=t", exampleEvent()))
    .toBe("http://h/event/11111111-1111-4111-8111-111111111111/snapshot.jpg?token=t");
  expect(snapshotUrl("http://h/events", exampleEvent({ snapshot: null }))).toBe(null);
});
