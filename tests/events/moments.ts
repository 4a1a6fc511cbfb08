/** What rules notice, made up for tests. */

import { EventService, type EventServiceOptions } from "../../lib/events/event_service.ts";
import type { NoticedMoment } from "../../lib/events/event_sink.ts";
import type { LiveEvent, NoticedEvent } from "../../lib/protocol/event.ts";
import type { Rule } from "../../lib/protocol/rule.ts";

/** The camera of most tests. */
export const DOOR = { cameraId: "door", name: "Front door" };

/** A rule of it. */
export const SOMEBODY: Rule = {
  id: "somebody",
  name: "Somebody at the door",
  zone: null,
  line: null,
  classes: ["person"],
  when: "enter",
  seconds: 3,
  at_least: 1,
  cooldown_s: 30,
  actions: ["webhook", "mqtt"],
};

/** The bytes that stand for a picture. */
export const PICTURE = Uint8Array.of(0xff, 0xd8, 1, 2, 3, 0xff, 0xd9);

/** Something that a rule noticed; by default a person, now, at the door. */
export function moment(
  { event = {}, ...changes }: Partial<Omit<NoticedMoment, "event">> & {
    event?: Partial<NoticedEvent>;
  } = {},
): NoticedMoment {
  return {
    source: DOOR,
    event: {
      rule_id: "somebody",
      rule_name: "Somebody at the door",
      type: "enter",
      label: "person",
      track_id: 1,
      confidence: 0.9,
      bbox: [10, 20, 110, 220],
      text: null,
      count: null,
      direction: null,
      ...event,
    },
    actions: ["webhook", "mqtt"],
    atMs: Date.now(),
    jpeg: PICTURE,
    ...changes,
  };
}

/** The same as an event of a store. */
export function liveEvent(changes: Partial<LiveEvent> = {}): LiveEvent {
  return {
    event_id: crypto.randomUUID(),
    ...moment().event,
    camera_id: "door",
    timestamp: new Date().toISOString(),
    snapshot: null,
    ...changes,
  };
}

/** Events in a directory, sent to nobody unless told otherwise, and tried again soon. */
export function eventService(
  dataDirectory: string,
  options: Partial<EventServiceOptions> = {},
): EventService {
  return new EventService({
    dataDirectory,
    reserveBytes: 0,
    version: "1.2.3",
    maxEvents: 10_000,
    maxAgeMs: 86_400_000,
    webhook: undefined,
    mqtt: undefined,
    ...options,
    timing: { firstRetryMs: 20, countIntervalMs: 20, heartbeatMs: 100, ...options.timing },
  });
}

/** Waits until `condition` holds. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  timeoutMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!await condition()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
