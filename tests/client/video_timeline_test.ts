import { expect } from "expect";
import fc from "fast-check";
import {
  buildTimeline,
  describeRow,
  formatBytes,
  formatTime,
  nextAppearance,
  resultAt,
} from "../../lib/client/video_timeline.ts";
import type { VideoFrameResult } from "../../lib/client/video_protocol.ts";
import { emptyResult } from "../video/results.ts";

/** Results 100 ms apart; each is told by the tracks of the dogs that are seen. */
function dogs(...tracks: (number | undefined)[][]): VideoFrameResult[] {
  return tracks.map((seen, index) => ({
    frame_index: index,
    timestamp_ms: index * 100,
    result: emptyResult({
      detections: seen.map((track_id) => ({
        label: "dog",
        class_id: 16,
        confidence: 0.5,
        bbox: [0, 0, 10, 10],
        ...(track_id !== undefined && { track_id }),
      })),
    }),
  }));
}

const nothing = (frames: number): number[][] => Array.from({ length: frames }, () => []);
const ALL = { minimumConfidence: 0 };

Deno.test("the timeline counts different objects where they are followed, else those at once", () => {
  const [followed] = buildTimeline(dogs([1], [1, 2], [3]), ALL);
  expect(followed).toMatchObject({ label: "dog", count: 3, isTracked: true });
  const [counted] = buildTimeline(dogs([undefined], [undefined, undefined]), ALL);
  expect(counted).toMatchObject({ label: "dog", count: 2, isTracked: false });
});

Deno.test("the timeline bridges short gaps, and parts long ones", () => {
  const [short] = buildTimeline(dogs([1], ...nothing(5), [1]), ALL);
  expect(short?.spans).toHaveLength(1);
  const [long] = buildTimeline(dogs([1], ...nothing(20), [1], [1]), ALL);
  expect(long?.spans.map(({ start }) => start)).toEqual([0, 2.1]);
  expect(long && describeRow(long)).toBe("dog: 1 object, 0:00 to 0:00, 0:02 to 0:02");
  expect(long && nextAppearance(long, 0)).toBe(2.1);
  expect(long && nextAppearance(long, 3)).toBe(0);
});

Deno.test("the timeline leaves out what is not sure enough", () => {
  expect(buildTimeline(dogs([1]), { minimumConfidence: 0.6 })).toEqual([]);
});

Deno.test("resultAt finds the last result at or before a time, and none far from it", () => {
  const results = dogs(...nothing(50));
  fc.assert(fc.property(fc.double({ min: 0, max: 4.99, noNaN: true }), (time) => {
    const found = resultAt(results, time);
    const expected = results.findLast(({ timestamp_ms }) => timestamp_ms <= time * 1000 + 5);
    expect(found).toBe(expected);
  }));
  expect(resultAt(results, 60)).toBeUndefined();
  expect(resultAt([], 0)).toBeUndefined();
});

Deno.test("times and sizes are shown as people read them", () => {
  expect([0, 62.9, 3602, NaN].map(formatTime)).toEqual(["0:00", "1:02", "1:00:02", "0:00"]);
  expect(
    [0, 1, 600_000, 5_000_000, 524_288_000].map(formatBytes).map((text) =>
      text.replace("\u00a0", " ")
    ),
  ).toEqual(["0 kB", "1 kB", "586 kB", "4.8 MB", "500 MB"]);
});
