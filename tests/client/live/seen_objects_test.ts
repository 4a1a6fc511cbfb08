import { expect } from "expect";
import type { Detection } from "../../../lib/protocol/detection.ts";
import { seenRows, updateSeenObjects } from "../../../lib/client/live/seen_objects.ts";

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
    { label: "dog", class_id: 16, count: 1, confidence: 0.5, last_seen: 100 },
    { label: "horse", class_id: 17, count: 2, confidence: 0.9, last_seen: 100 },
  ]);
});

Deno.test("updateSeenObjects keeps the order when confidences change", () => {
  const first = updateSeenObjects([], HORSES, 0);
  const second = updateSeenObjects(first, [
    detection("dog", 16, 0.99),
    detection("horse", 17, 0.3),
  ], 70);
  expect(second.map(({ label }) => label)).toEqual(["dog", "horse"]);
});

Deno.test("updateSeenObjects keeps a class for a moment after its last object", () => {
  const seen = updateSeenObjects([], HORSES, 0);
  const held = updateSeenObjects(seen, [], 1500);
  expect(held.map(({ label, count }) => [label, count])).toEqual([["dog", 0], ["horse", 0]]);
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
    ["cat", undefined, true],
    ["dog", 1, false],
    ["horse", 2, true],
  ]);
});
