import { expect } from "expect";
import { SessionTrackers } from "../../lib/pipeline/session_trackers.ts";
import type { Detection } from "../../lib/protocol/detection.ts";

/** A dog whose box begins at `x`. */
function dogAt(x: number): Detection[] {
  return [{ label: "dog", class_id: 16, confidence: 0.9, bbox: [x, 10, 40, 40] }];
}

Deno.test("a frame that is under way when its session ends leaves nothing behind", () => {
  const trackers = new SessionTrackers();
  const late = trackers.of("a");
  expect(late.follow("track", dogAt(0), 0)[0]).toHaveProperty("track_id", 1);
  trackers.endSession("a");
  expect(late.follow("track", dogAt(0), 50)[0]).toHaveProperty("track_id", 1);
  // As in any session's first frame; were it the next one of the session before, a new object would have no number yet.
  expect(trackers.of("a").follow("track", dogAt(500), 100)[0]).toHaveProperty("track_id", 1);
});

Deno.test("each node that follows objects counts them for itself", () => {
  const trackers = new SessionTrackers().of("a");
  trackers.follow("first", dogAt(0), 0);
  expect(trackers.follow("second", dogAt(500), 50)[0]).toHaveProperty("track_id", 1);
});

Deno.test("objects that a detector with an interval finds are followed from one of its runs to the next", () => {
  const trackers = new SessionTrackers().of("a");
  let [x, now] = [0, 0];
  for (const step of [0, 10, 20, 25, 30, 30, 30, 30]) {
    x += step;
    const found = dogAt(x);
    for (let frame = 0; frame < 6; frame += 1) {
      expect(trackers.follow("track", found, now)).toEqual([{ ...found[0], track_id: 1 }]);
      now += 66;
    }
  }
});
