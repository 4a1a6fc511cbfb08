import FakeTimers from "@sinonjs/fake-timers";
import { expect } from "expect";
import { RefusedEvents } from "../../../lib/events/delivery/refused_events.ts";

const DAY_MS = 86_400_000;

Deno.test("refused events are tried again one by one, later each time, and forgotten when they are gone", () => {
  const clock = FakeTimers.install({ toFake: ["performance"] });
  try {
    const refused = new RefusedEvents(1000);
    expect([refused.waiting(), refused.untilNext()]).toEqual([[], Infinity]);
    refused.add(1, 0);
    clock.tick(600);
    refused.add(2, 0);
    expect([refused.waiting(), refused.untilNext()]).toEqual([[1, 2], 400]);
    clock.tick(400);
    expect([refused.waiting(), refused.untilNext()]).toEqual([[2], 0]);
    expect(refused.add(1, 1000)).toBe(true);
    clock.tick(4000);
    expect([refused.waiting(), refused.untilNext()]).toEqual([[1], 0]);
    refused.keepOnly([1]);
    expect([refused.size, refused.untilNext()]).toEqual([1, 1000]);
    expect(refused.add(1, DAY_MS)).toBe(false);
    refused.delete(1);
    expect(refused.untilNext()).toBe(Infinity);
  } finally {
    clock.uninstall();
  }
});
