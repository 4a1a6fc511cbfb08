import { expect } from "expect";
import fc from "fast-check";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import { Tracker } from "../../lib/detection/tracker.ts";

const FRAME_MS = 100;

function detection(bbox: BoundingBox, { confidence = 0.9, class_id = 0 } = {}): Detection {
  return { label: `class_${class_id}`, class_id, confidence, bbox };
}

/** A tracker that has seen its first frame, without anything in it. */
function runningTracker(): Tracker {
  const tracker = new Tracker();
  tracker.update([], -FRAME_MS);
  return tracker;
}

Deno.test("Tracker keeps the id of an object that moves", () => {
  const tracker = new Tracker();
  for (let frame = 0; frame < 50; frame++) {
    expect(tracker.update([detection([frame * 12, 50, 60, 40])], frame * FRAME_MS)).toEqual([1]);
  }
});

Deno.test("Tracker gives ids in the order of the detections", () => {
  const tracker = new Tracker();
  const left = detection([0, 0, 50, 50]);
  const right = detection([300, 0, 50, 50]);
  expect(tracker.update([left, right], 0)).toEqual([1, 2]);
  expect(tracker.update([right, left], FRAME_MS)).toEqual([2, 1]);
});

Deno.test("Tracker gives an id to what comes later once it is seen in two frames in a row", () => {
  const tracker = runningTracker();
  const object = detection([100, 100, 50, 50]);
  expect(tracker.update([object], 0)).toEqual([undefined]);
  expect(tracker.update([object], FRAME_MS)).toEqual([1]);
  const flash = detection([400, 100, 50, 50]);
  expect(tracker.update([flash, object], 2 * FRAME_MS)).toEqual([undefined, 1]);
  expect(tracker.update([object], 3 * FRAME_MS)).toEqual([1]);
  expect(tracker.update([flash, object], 4 * FRAME_MS)).toEqual([undefined, 1]);
});

Deno.test("Tracker begins no track for a weak box, however long it stays", () => {
  for (const tracker of [new Tracker(), runningTracker()]) {
    for (let frame = 0; frame < 20; frame++) {
      const weak = detection([100, 100, 50, 50], { confidence: 0.49 });
      expect(tracker.update([weak], frame * FRAME_MS)).toEqual([undefined]);
      expect(tracker.size).toBe(0);
    }
  }
});

Deno.test("Tracker keeps both ids when two objects of one class cross", () => {
  const tracker = new Tracker();
  for (let frame = 0; frame <= 40; frame++) {
    const walker = detection([frame * 10, 100, 40, 80]);
    const other = detection([400 - frame * 10, 110, 40, 80]);
    expect(tracker.update([walker, other], frame * FRAME_MS)).toEqual([1, 2]);
  }
});

Deno.test("Tracker finds an object again after a gap, where it has moved on to", () => {
  const tracker = new Tracker();
  const at = (frame: number) => detection([frame * 15, 80, 40, 40]);
  for (let frame = 0; frame < 10; frame++) tracker.update([at(frame)], frame * FRAME_MS);
  for (let frame = 10; frame < 18; frame++) tracker.update([], frame * FRAME_MS);
  expect(tracker.update([at(18)], 18 * FRAME_MS)).toEqual([1]);
});

Deno.test("Tracker follows an object through frames that come at any time", () => {
  const tracker = new Tracker();
  // Fast enough that without the real times a wrong place would be expected.
  const at = (milliseconds: number) => detection([milliseconds / 4, 80, 60, 60]);
  let now = 0;
  for (let frame = 0; frame < 60; frame++) {
    expect(tracker.update([at(now)], now)).toEqual([1]);
    now += frame < 10 ? 40 : [20, 300, 60, 5][frame % 4] ?? 0;
  }
});

Deno.test("Tracker keeps the id through frames of low confidence", () => {
  const tracker = new Tracker();
  for (let frame = 0; frame < 20; frame++) {
    const confidence = frame % 4 < 2 ? 0.9 : 0.26;
    const seen = detection([100 + frame * 4, 100, 60, 60], { confidence });
    expect(tracker.update([seen], frame * FRAME_MS)).toEqual([1]);
  }
});

Deno.test("Tracker finds a lost object again by a confident box only", () => {
  const tracker = new Tracker();
  const object = detection([100, 100, 50, 50]);
  tracker.update([object], 0);
  tracker.update([], FRAME_MS);
  const weak = detection([100, 100, 50, 50], { confidence: 0.3 });
  expect(tracker.update([weak], 2 * FRAME_MS)).toEqual([undefined]);
  expect(tracker.update([object], 3 * FRAME_MS)).toEqual([1]);
});

Deno.test("Tracker lets a confident detection choose before a closer one that is not", () => {
  const tracker = new Tracker();
  tracker.update([detection([100, 100, 50, 50])], 0);
  const ghost = detection([101, 100, 50, 50], { confidence: 0.3 });
  const object = detection([110, 100, 50, 50]);
  expect(tracker.update([ghost, object], FRAME_MS)).toEqual([undefined, 1]);
});

Deno.test("Tracker keeps the id of an object that is taken for another class now and then", () => {
  const tracker = new Tracker();
  for (let frame = 0; frame < 30; frame++) {
    const class_id = frame % 3 === 0 ? 7 : 2;
    const confidence = frame % 5 === 4 ? 0.4 : 0.8;
    const car = detection([frame * 6, 100, 120, 60], { class_id, confidence });
    expect(tracker.update([car], frame * FRAME_MS)).toEqual([1]);
  }
});

Deno.test("Tracker takes no neighbour of another class for an object that has gone", () => {
  const dog = detection([100, 100, 60, 60], { class_id: 16 });
  const beside = (class_id: number) => detection([130, 100, 60, 60], { class_id });
  const tracker = new Tracker();
  tracker.update([dog], 0);
  expect(tracker.update([beside(0)], FRAME_MS)).toEqual([undefined]);
  expect(tracker.update([beside(0)], 2 * FRAME_MS)).toEqual([2]);
  const other = new Tracker();
  other.update([dog], 0);
  expect(other.update([beside(16)], FRAME_MS)).toEqual([1]);
});

Deno.test("Tracker gives a new id to an object that comes back after too long", () => {
  const tracker = new Tracker({ maxAgeMs: 500 });
  const object = detection([100, 100, 50, 50]);
  tracker.update([object], 0);
  expect(tracker.update([object], 500)).toEqual([1]);
  expect(tracker.update([object], 1001)).toEqual([undefined]);
  expect(tracker.update([object], 1100)).toEqual([2]);
});

Deno.test("Tracker takes a frame that is out of order for one of the same time", () => {
  const tracker = new Tracker();
  tracker.update([detection([100, 100, 50, 50])], 1000);
  expect(tracker.update([detection([102, 100, 50, 50])], 900)).toEqual([1]);
  expect(tracker.update([detection([104, 100, 50, 50])], 1100)).toEqual([1]);
});

Deno.test("Tracker forgets the objects that were not seen for longest when there are too many", () => {
  const tracker = new Tracker({ maxTracks: 10, maxAgeMs: 1e9 });
  const at = (place: number) => detection([place * 1000, 0, 50, 50]);
  for (let frame = 0; frame < 100; frame++) {
    tracker.update([at(Math.floor(frame / 2))], frame * FRAME_MS);
    expect(tracker.size).toBeLessThanOrEqual(10);
  }
  expect(tracker.update([at(49)], 10_000)).toEqual([50]);
  expect(tracker.update([at(41)], 10_100)).toEqual([42]);
  expect(tracker.update([at(0)], 10_200)).toEqual([undefined]);
});

Deno.test("Tracker forgets objects that are out of view", () => {
  const tracker = new Tracker();
  tracker.update([detection([0, 0, 50, 50]), detection([100, 0, 50, 50])], 0);
  tracker.update([], 1501);
  expect(tracker.size).toBe(0);
});

Deno.test("Tracker refuses options that are not positive", () => {
  for (const option of ["highConfidence", "maxAgeMs", "maxTracks"]) {
    expect(() => new Tracker({ [option]: 0 })).toThrow(RangeError);
    expect(() => new Tracker({ [option]: NaN })).toThrow(RangeError);
  }
});

Deno.test("Tracker gives each followed detection of a frame an id of its own, the next one to each new object", () => {
  const box = fc.tuple(
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 300 }),
    fc.integer({ min: 0, max: 100 }),
    fc.integer({ min: 0, max: 100 }),
  );
  const found = fc.record({
    bbox: box,
    confidence: fc.double({ min: 0, max: 1, noNaN: true }),
    class_id: fc.integer({ min: 0, max: 2 }),
  });
  const frames = fc.array(fc.array(found, { maxLength: 12 }), { maxLength: 20 });
  fc.assert(fc.property(frames, fc.integer({ min: 0, max: 700 }), (stream, interval) => {
    const tracker = new Tracker({ maxTracks: 15 });
    let highest = 0;
    stream.forEach((frame, index) => {
      const detections = frame.map(({ bbox, ...rest }) => detection(bbox, rest));
      const ids = tracker.update(detections, index * interval);
      expect(ids).toHaveLength(detections.length);
      const given = ids.filter((id) => id !== undefined);
      expect(new Set(given).size).toBe(given.length);
      const fresh = given.filter((id) => id > highest).toSorted((a, b) => a - b);
      expect(fresh).toEqual(fresh.map((_, place) => highest + 1 + place));
      ids.forEach((id, place) => {
        const isWeak = (detections[place]?.confidence ?? 0) < 0.5;
        if (isWeak && id !== undefined) expect(id).toBeLessThanOrEqual(highest);
      });
      highest += fresh.length;
      expect(tracker.size).toBeLessThanOrEqual(15);
    });
  }));
});
