/** Sums up what is seen now, object by object, for the list beside the image. */

import type { Detection } from "../../protocol/detection.ts";

/** All objects of one class that are seen, or were a moment ago. */
export interface SeenObject {
  /** Name of the class, such as `dog`. */
  label: string;
  /** Index of the class in the model, from 0. */
  class_id: number;
  /** How many there are; 0 when the last one has just gone. */
  count: number;
  /** How many there have been of late, which decides on the order: it follows `count` slowly. */
  usualCount: number;
  /** The highest of their confidences, between 0 and 1; the last known when they have gone. */
  confidence: number;
  /** When one was last seen, in milliseconds. */
  last_seen: number;
}

/** One line of the list: a class that is seen, or one that is not shown. */
export interface SeenRow {
  /** Name of the class, such as `dog`. */
  label: string;
  /** `null` for a class that is not seen. */
  object: SeenObject | null;
  /** Whether the person has chosen not to see the class in the image. */
  isHidden: boolean;
}

/** How long a class stays in the list after its last object, so that the list does not flicker. */
const HOLD_MS = 1500;

/** Share of `count` that goes into `usualCount` each time. */
const NEWS_SHARE = 0.1;

/** By how much a class has to outnumber the one above it to change places with it. */
const CLEARLY_MORE = 0.75;

/**
 * Brings the list up to date with one result.
 *
 * Classes of which there are most come first. Those that are there already change places only once one clearly outnumbers the
 * other, so that rows stay where they are while people read them.
 *
 * @param previous The list so far.
 * @param now Milliseconds, on the clock of the earlier calls.
 */
export function updateSeenObjects(
  previous: readonly SeenObject[],
  detections: readonly Detection[],
  now: number,
): SeenObject[] {
  const before = new Map(previous.map((object) => [object.class_id, object]));
  const seen = new Map<number, SeenObject>();
  for (const { class_id, label, confidence } of detections) {
    const object = seen.get(class_id) ??
      { label, class_id, count: 0, usualCount: 0, confidence: 0, last_seen: now };
    object.count += 1;
    object.confidence = Math.max(object.confidence, confidence);
    seen.set(class_id, object);
  }
  for (const object of previous) {
    if (seen.has(object.class_id) || now - object.last_seen > HOLD_MS) continue;
    seen.set(object.class_id, { ...object, count: 0 });
  }
  for (const object of seen.values()) {
    const usual = before.get(object.class_id)?.usualCount ?? object.count;
    object.usualCount = usual + NEWS_SHARE * (object.count - usual);
  }
  const kept = previous.flatMap(({ class_id }) => seen.get(class_id) ?? []);
  const added = [...seen.values()].filter(({ class_id }) => !before.has(class_id));
  return inOrder([...kept, ...added]);
}

/** Moves classes up past those that they clearly outnumber. */
function inOrder(objects: readonly SeenObject[]): SeenObject[] {
  const ordered: SeenObject[] = [];
  for (const object of objects) {
    const outnumbers = (other: SeenObject | undefined) =>
      other !== undefined && object.usualCount - other.usualCount >= CLEARLY_MORE;
    let place = ordered.length;
    while (outnumbers(ordered[place - 1])) place -= 1;
    ordered.splice(place, 0, object);
  }
  return ordered;
}

/** The lines of the list: all that is seen, then the other classes that are not shown, so that they can be shown again. */
export function seenRows(
  objects: readonly SeenObject[],
  hiddenLabels: readonly string[],
): SeenRow[] {
  const rows = objects.map((object): SeenRow => ({
    label: object.label,
    object,
    isHidden: hiddenLabels.includes(object.label),
  }));
  const missing = hiddenLabels.filter((label) => !objects.some((object) => object.label === label));
  return [...rows, ...missing.map((label): SeenRow => ({ label, object: null, isHidden: true }))];
}
