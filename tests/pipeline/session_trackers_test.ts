import { expect } from "expect";
import { SessionTrackers } from "../../lib/pipeline/session_trackers.ts";
import type { Size } from "../../lib/image/size.ts";
import type { Detection } from "../../lib/protocol/detection.ts";

/** A dog whose box begins at `x`. */
function dogAt(x: number): Detection[] {
  return [{ label: "dog", class_id: 16, confidence: 0.9, bbox: [x, 10, 40, 40] }];
}

/** A frame that was taken at a time. */
function at(timestampMs: number, size: Size = { width: 640, height: 480 }) {
  return { timestampMs, size };
}

Deno.test("a frame that is under way when its session ends leaves nothing behind", () => {
  const trackers = new SessionTrackers();
  const late = trackers.of("a");
  expect(late.follow("track", dogAt(0), at(0))[0]).toHaveProperty("track_id", 1);
  trackers.endSession("a");
  expect(late.follow("track", dogAt(0), at(50))[0]).toHaveProperty("track_id", 1);
  // As in any session's first frame; were it the next one of the session before, a new object would have no number yet.
  expect(trackers.of("a").follow("track", dogAt(500), at(100))[0]).toHaveProperty("track_id", 1);
});

Deno.test("each node that follows objects counts them for itself", () => {
  const trackers = new SessionTrackers().of("a");
  trackers.follow("first", dogAt(0), at(0));
  expect(trackers.follow("second", dogAt(500), at(50))[0]).toHaveProperty("track_id", 1);
});

Deno.test("objects that a detector with an interval finds are followed from one of its runs to the next", () => {
  const trackers = new SessionTrackers().of("a");
  let [x, now] = [0, 0];
  for (const step of [0, 10, 20, 25, 30, 30, 30, 30]) {
    x += step;
    const found = dogAt(x);
    for (let frame = 0; frame < 6; frame += 1) {
      expect(trackers.follow("track", found, at(now))).toEqual([{ ...found[0], track_id: 1 }]);
      now += 66;
    }
  }
});

Deno.test("objects keep their numbers when frames become smaller and larger, and none takes another's", () => {
  const trackers = new SessionTrackers().of("a");
  // In frames of half the size, the second is where the first is in whole ones.
  const dogs = [...dogAt(150), ...dogAt(300)];
  for (let frame = 0; frame < 12; frame++) {
    const scale = [1, 0.5, 0.751][Math.floor(frame / 4)] ?? 1;
    const size = { width: Math.round(640 * scale), height: Math.round(480 * scale) };
    const seen = dogs.map((dog): Detection => {
      const [x, y, width, height] = dog.bbox;
      return { ...dog, bbox: [x * scale, y * scale, width * scale, height * scale] };
    });
    const followed = trackers.follow("track", seen, at(100 * frame, size));
    expect(followed).toEqual(seen.map((dog, index) => ({ ...dog, track_id: index + 1 })));
  }
  const turned = trackers.follow("track", dogAt(400), at(1200, { width: 480, height: 640 }));
  expect(turned[0]?.track_id).toBeUndefined();
});
