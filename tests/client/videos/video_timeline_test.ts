import { expect } from "expect";
import fc from "fast-check";
import {
  buildTimeline,
  describeCount,
  describeLost,
  describeRow,
  formatBytes,
  formatTime,
  nextAppearance,
  resultAt,
} from "../../../lib/client/videos/video_timeline.ts";
import type { PipelineResult } from "../../../lib/protocol/result.ts";
import type { VideoEvent } from "../../../lib/protocol/video_events.ts";
import type { VideoFrameResult } from "../../../lib/protocol/video_results.ts";
import { emptyResult } from "../../video/results.ts";

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

/** So many frames that show the same. */
function frames<T>(count: number, seen: T[]): T[][] {
  return Array.from({ length: count }, () => seen);
}

function texts(...lines: string[][]): VideoFrameResult[] {
  return lines.map((seen, index) => ({
    frame_index: index,
    timestamp_ms: index * 40,
    result: emptyResult({
      text_blocks: seen.map((text) => ({
        text,
        confidence: 0.9,
        polygon: [[0, 0], [10, 0], [10, 5], [0, 5]],
        bbox: [0, 0, 10, 5],
      })),
    }),
  }));
}

const labelsOf = (results: VideoFrameResult[]) =>
  buildTimeline(results, ALL).map(({ label }) => label);

Deno.test("the timeline tells how many objects are seen at once, and how many in all", () => {
  const [row] = buildTimeline(
    dogs(...frames(15, [1, 2]), ...frames(12, [2, 3]), ...frames(12, [4])),
    ALL,
  );
  expect(row).toMatchObject({ label: "dog", atOnce: 2, total: 4 });
  expect(row && describeCount(row)).toBe("up to 2 at once, 4 in all");
});

Deno.test("the timeline tells no number in all where objects are not followed, or not for long", () => {
  const [unfollowed] = buildTimeline(dogs(...frames(20, [undefined]), [undefined, undefined]), ALL);
  expect(unfollowed).toMatchObject({ atOnce: 2, total: null });
  expect(unfollowed && describeCount(unfollowed)).toBe("up to 2 at once");
  // Twelve dogs for six seconds, each under a new number every few frames.
  const crowd = Array.from(
    { length: 60 },
    (_, frame) =>
      Array.from({ length: 12 }, (_, dog) => 12 * Math.floor((frame + dog) / 4) + dog + 1),
  );
  const [broken] = buildTimeline(dogs(...crowd), ALL);
  expect(new Set(crowd.flat()).size).toBeGreaterThan(160);
  expect(broken).toMatchObject({ atOnce: 12, total: null });
  expect(broken && describeCount(broken)).toBe("up to 12 at once");
});

Deno.test("the timeline counts no box that flickers beside objects that are followed well", () => {
  const flicker = [...frames(30, [1]), [1, 2], [1, undefined], ...frames(30, [1])];
  const [row] = buildTimeline(dogs(...flicker), ALL);
  expect(row).toMatchObject({ atOnce: 1, total: 1 });
  expect(row && describeCount(row)).toBe("1 object");
});

Deno.test("the timeline counts the objects of a video that is shorter than a track has to be", () => {
  expect(buildTimeline(dogs(...frames(4, [1, 2])), ALL)).toMatchObject([{ atOnce: 2, total: 2 }]);
  expect(buildTimeline(dogs([1]), ALL)).toMatchObject([{ atOnce: 1, total: 1 }]);
});

Deno.test("the timeline gives an object one row, though it is taken for something else now and then", () => {
  const results = dogs(...frames(30, [1]));
  for (const [index, { result }] of results.entries()) {
    if (index % 3 !== 0) continue;
    result.detections = result.detections.map((dog) => ({ ...dog, label: "cat", class_id: 15 }));
  }
  expect(buildTimeline(results, ALL)).toMatchObject([
    { label: "dog", class_id: 16, atOnce: 1, total: 1, spans: [{ start: 0 }] },
  ]);
});

Deno.test("the timeline counts never more objects at once than in all, nor more than there are boxes", () => {
  const track = fc.option(fc.integer({ min: 1, max: 5 }), { nil: undefined });
  const seen = fc.array(fc.array(track, { maxLength: 4 }), { minLength: 1, maxLength: 60 });
  fc.assert(fc.property(seen, (tracks) => {
    for (const { atOnce, total } of buildTimeline(dogs(...tracks), ALL)) {
      const most = Math.max(...tracks.map(({ length }) => length));
      expect(atOnce).toBeGreaterThan(0);
      expect(atOnce).toBeLessThanOrEqual(most);
      if (total === null) continue;
      expect(total).toBeLessThanOrEqual(new Set(tracks.flat()).size);
      // A track has one box in a frame, or the results are not those of a tracker.
      if (tracks.every((each) => new Set(each).size === each.length)) {
        expect(total).toBeGreaterThanOrEqual(atOnce);
      }
    }
  }));
});

Deno.test("the timeline shows readings of one text as one row, named by the most frequent", () => {
  const results = texts(
    ...frames(3, ["Gate l2"]),
    ...frames(9, ["Gate 12"]),
    ["GATE 12"],
    ["Gate12"],
    ["Gatc 12"],
    ...frames(5, ["Gate 12"]),
  );
  const rows = buildTimeline(results, ALL);
  expect(rows).toMatchObject([{ kind: "text", label: "Gate 12", spans: [{ start: 0 }] }]);
  expect(rows[0]?.spans).toHaveLength(1);
  expect(rows[0]?.spans[0]?.end).toBeCloseTo(0.8);
});

Deno.test("the timeline keeps texts apart whose numbers differ", () => {
  const results = texts(
    ...frames(5, ["Gate 12"]),
    ...frames(4, ["Gate 13"]),
    ...frames(3, ["Gate 1"]),
  );
  expect(labelsOf(results)).toEqual(["Gate 12", "Gate 13", "Gate 1"]);
  const clock = texts(...["12:01", "12:02", "12:03"].flatMap((time) => frames(4, [time])));
  expect(labelsOf(clock)).toEqual(["12:01", "12:02", "12:03"]);
});

Deno.test("the timeline keeps similar texts apart that are seen side by side, or one long after the other", () => {
  const beside = texts(...frames(5, ["Platform A", "Platform C"]), ...frames(4, ["Platform A"]));
  expect(labelsOf(beside)).toEqual(["Platform A", "Platform C"]);
  const after = texts(...frames(12, ["Platform A"]), ...frames(12, ["Platform C"]));
  expect(labelsOf(after)).toEqual(["Platform A", "Platform C"]);
  const misread = texts(
    ...frames(12, ["Platform A"]),
    ["Platfcrm A"],
    ...frames(12, ["Platform A"]),
  );
  expect(labelsOf(misread)).toEqual(["Platform A"]);
});

Deno.test("the timeline leaves out text that is read for a moment only", () => {
  expect(labelsOf(texts(["EXIT"], ["EXIT"], ["7x~"]))).toEqual(["EXIT"]);
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

Deno.test("describeLost tells of results that are damaged, and of nothing else", () => {
  const whole = dogs(...nothing(3));
  const damaged = whole.map((each) => ({ ...each, damaged: true as const }));
  expect(describeLost(whole)).toBeNull();
  expect(describeLost([])).toBeNull();
  expect(describeLost([...whole, ...damaged.slice(2)]))
    .toBe("The results of 1 frame of 4 are lost: they are damaged on the server.");
  expect(describeLost(damaged))
    .toBe("The results of 3 frames of 3 are lost: they are damaged on the server.");
});

Deno.test("the timeline tells what the image, and the objects in it, were classified as", () => {
  const classified = (image: string, object: string, confidence = 0.5) =>
    emptyResult({
      detections: [{
        ...{ label: "dog", class_id: 16, confidence: 0.9, bbox: [0, 0, 10, 10] },
        classes: [
          { label: object, class_id: 161, confidence },
          { label: "never best", class_id: 1, confidence: 0.1 },
        ],
      }],
      classes: [{ label: image, class_id: 3, confidence }],
    });
  const results = [
    ...Array<PipelineResult>(3).fill(classified("beach", "beagle")),
    // For one frame only: a mistake.
    classified("desert", "fox"),
    ...Array<PipelineResult>(20).fill(classified("beach", "beagle", 0.2)),
    ...Array<PipelineResult>(2).fill(classified("park", "beagle")),
  ].map((result, index) => ({ frame_index: index, timestamp_ms: index * 100, result }));
  const rows = buildTimeline(results, { minimumConfidence: 0.25 });
  expect(rows.map((row) => [row.label, describeCount(row)])).toEqual([
    ["dog", "1 at a time"],
    ["beach", "class of the image"],
    ["beagle", "class of dog"],
    ["park", "class of the image"],
  ]);
  expect(rows[1]).toMatchObject({ kind: "class", class_id: 3 });
  expect(rows[2]?.spans.map(({ start, end }) => [start.toFixed(1), end.toFixed(1)]))
    .toEqual([["0.0", "0.3"], ["2.4", "2.6"]]);
  expect(rows[3] && describeRow(rows[3])).toBe("park: class of the image, 0:02 to 0:02");
});

Deno.test("rules stand before what was seen, each with its events", () => {
  const noticed = (rule: string, frame: number): VideoEvent => ({
    frame_index: frame,
    timestamp_ms: 100 * frame,
    rule_id: rule,
    rule_name: `Rule ${rule}`,
    type: "enter",
    label: "dog",
    track_id: 1,
    confidence: 0.5,
    bbox: [0, 0, 10, 10],
    text: null,
    count: null,
    direction: null,
  });
  const events = [noticed("b", 1), noticed("a", 2), noticed("b", 4)];
  const rows = buildTimeline(dogs(...frames(6, [1])), { ...ALL, events });
  expect(rows.map(({ kind, label }) => [kind, label]))
    .toEqual([["event", "Rule b"], ["event", "Rule a"], ["object", "dog"]]);
  const [first, second] = rows;
  expect(first && describeRow(first)).toBe("Rule b: 2 events, 0:00 to 0:00, 0:00 to 0:00");
  expect(second && describeCount(second)).toBe("1 event");
  expect(first && nextAppearance(first, 0.2)).toBe(0.4);
});
