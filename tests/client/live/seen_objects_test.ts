import { expect } from "expect";
import fc from "fast-check";
import type { Detection } from "../../../lib/protocol/detection.ts";
import {
  type SeenObject,
  seenRows,
  updateSeenObjects,
} from "../../../lib/client/live/seen_objects.ts";

function detection(label: string, class_id: number, confidence: number): Detection {
  return { label, class_id, confidence, bbox: [0, 0, 10, 10] };
}

const HORSES = [
  detection("horse", 17, 0.7),
  detection("horse", 17, 0.9),
  detection("dog", 16, 0.5),
];

Deno.test("updateSeenObjects counts objects by class, with the best confidence", () => {
  expect(updateSeenObjects([], HORSES, 100)).toEqual([
    { label: "horse", class_id: 17, count: 2, usualCount: 2, confidence: 0.9, last_seen: 100 },
    { label: "dog", class_id: 16, count: 1, usualCount: 1, confidence: 0.5, last_seen: 100 },
  ]);
});

Deno.test("updateSeenObjects keeps the order when confidences change", () => {
  const first = updateSeenObjects([], HORSES, 0);
  const second = updateSeenObjects(first, [
    detection("dog", 16, 0.99),
    detection("horse", 17, 0.3),
  ], 70);
  expect(second.map(({ label }) => label)).toEqual(["horse", "dog"]);
});

Deno.test("updateSeenObjects puts a class first once there are more of it, and not for a moment's difference", () => {
  const cups = (count: number) => Array.from({ length: count }, () => detection("cup", 41, 0.8));
  const person = detection("person", 0, 0.9);
  let seen = updateSeenObjects([], [person, ...cups(1)], 0);
  const labels = () => seen.map(({ label }) => label);
  expect(labels()).toEqual(["person", "cup"]);
  // One cup more or less, as detectors waver.
  for (let now = 250; now < 10_000; now += 250) {
    seen = updateSeenObjects(seen, [person, ...cups(1 + now / 250 % 2)], now);
    expect(labels()).toEqual(["person", "cup"]);
  }
  for (let now = 10_000; now < 15_000; now += 250) {
    seen = updateSeenObjects(seen, [person, ...cups(3)], now);
  }
  expect(labels()).toEqual(["cup", "person"]);
});

Deno.test("updateSeenObjects loses no class and doubles none, whatever comes", () => {
  fc.assert(fc.property(fc.array(fc.array(fc.nat({ max: 6 }))), (frames) => {
    let seen: SeenObject[] = [];
    frames.forEach((classIds, index) => {
      seen = updateSeenObjects(
        seen,
        classIds.map((id) => detection(`class ${id}`, id, 0.5)),
        index,
      );
      const listed = seen.map(({ class_id }) => class_id);
      expect(new Set(listed).size).toBe(listed.length);
      expect(listed).toEqual(expect.arrayContaining([...new Set(classIds)]));
    });
  }));
});

Deno.test("updateSeenObjects keeps a class for a moment after its last object", () => {
  const seen = updateSeenObjects([], HORSES, 0);
  const held = updateSeenObjects(seen, [], 1500);
  expect(held.map(({ label, count }) => [label, count])).toEqual([["horse", 0], ["dog", 0]]);
  expect(updateSeenObjects(held, [], 1501)).toEqual([]);
});

Deno.test("updateSeenObjects changes nothing of the list before", () => {
  const seen = Object.freeze(
    updateSeenObjects([], HORSES, 0).map((object) => Object.freeze(object)),
  );
  updateSeenObjects(seen, [detection("dog", 16, 0.9)], 10);
  expect(seen).toEqual(updateSeenObjects([], HORSES, 0));
});

Deno.test("seenRows keep classes that are hidden, whether they are seen or not", () => {
  const rows = seenRows(updateSeenObjects([], HORSES, 0), ["horse", "cat"]);
  expect(rows.map(({ label, object, isHidden }) => [label, object?.count, isHidden])).toEqual([
    ["horse", 2, true],
    ["dog", 1, false],
    ["cat", undefined, true],
  ]);
});
