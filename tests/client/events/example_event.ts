import type { LiveEvent } from "../../../lib/protocol/event.ts";

/** A person who came in, with what a test needs otherwise. */
export function exampleEvent(changes: Partial<LiveEvent> = {}): LiveEvent {
  return {
    event_id: "11111111-1111-4111-8111-111111111111",
    rule_id: "door",
    rule_name: "Front door",
    type: "enter",
    camera_id: "yard",
    timestamp: "2026-05-01T12:00:00.000Z",
    label: "person",
    track_id: 7,
    confidence: 0.8,
    bbox: [10, 20, 30, 40],
    text: null,
    count: null,
    direction: null,
    snapshot: "/event/11111111-1111-4111-8111-111111111111/snapshot.jpg",
    ...changes,
  };
}
