import { boxArea, intersectionOverUnion, toCorners } from "../image/boxes.ts";
import type { AreaRange } from "./area_ranges.ts";
import type { FoundObject, LabelledObject } from "./labelled_image.ts";

/** Most detections of one class that count in one image, the most confident first, as in COCO. */
export const MAX_DETECTIONS = 100;

/** The overlaps (IoU) from which on a box counts as that of an object: 0.5, 0.55, … 0.95. */
export const OVERLAPS: readonly number[] = Array.from({ length: 10 }, (_, i) => (50 + 5 * i) / 100);

/** What became of a detection: it found an object, it found none, or it is not looked at. */
export type Verdict = "right" | "wrong" | "ignored";

/** A detection, judged. */
export interface Judged {
  /** Between 0 and 1. */
  confidence: number;
  /** One for each of {@linkcode OVERLAPS}. */
  verdicts: Verdict[];
}

/** The detections of one class in one image, judged. */
export interface Matches {
  /** How many objects there are to find. */
  objects: number;
  /** The most confident first. */
  detections: Judged[];
}

/**
 * Pairs the detections of one class in one image with its objects, as COCO's own evaluation does.
 *
 * The most confident detection chooses first, and takes the object that it overlaps most among those that are left. Objects
 * outside the range are not looked for: a detection that finds one, or that is outside itself and finds none, is ignored.
 *
 * @param objects Those of one class
 * @param detections Those of the same class
 */
export function matchDetections(
  objects: readonly LabelledObject[],
  detections: readonly FoundObject[],
  range: AreaRange,
): Matches {
  const isIgnored = ({ bbox }: LabelledObject) => !range.holds(boxArea(bbox));
  // Those that count come first, since an ignored one is chosen only where no other will do.
  const sought = objects.filter((each) => !isIgnored(each));
  const ordered = [...sought, ...objects.filter(isIgnored)];
  const found = detections.toSorted((a, b) => b.confidence - a.confidence)
    .slice(0, MAX_DETECTIONS);
  const corners = ordered.map(({ bbox }) => toCorners(bbox));
  const overlaps = found.map(({ bbox }) => {
    const box = toCorners(bbox);
    return corners.map((object) => intersectionOverUnion(box, object));
  });
  const byOverlap = OVERLAPS.map((least) => pair(overlaps, least, sought.length));
  const judged = found.map((detection, index) => ({
    confidence: detection.confidence,
    verdicts: byOverlap.map((pairs) => {
      const object = pairs[index];
      if (object === undefined) return isIgnored(detection) ? "ignored" : "wrong";
      return object < sought.length ? "right" : "ignored";
    }),
  }));
  return { objects: sought.length, detections: judged };
}

/**
 * Gives each detection an object of its own.
 *
 * @param overlaps Of each detection, the most confident first, with each object
 * @param sought How many of the objects, from the first on, count
 * @returns For each detection the index of its object; `undefined` for none
 */
function pair(
  overlaps: readonly number[][],
  least: number,
  sought: number,
): (number | undefined)[] {
  const taken = new Set<number>();
  return overlaps.map((row) => {
    const object = bestOf(row, least, 0, sought, taken) ??
      bestOf(row, least, sought, row.length, taken);
    if (object !== undefined) taken.add(object);
    return object;
  });
}

/** The free object from `start` to before `end` that is overlapped most; of equals the last, as in COCO. */
function bestOf(
  row: readonly number[],
  least: number,
  start: number,
  end: number,
  taken: ReadonlySet<number>,
): number | undefined {
  let best: number | undefined;
  let most = least;
  for (let object = start; object < end; object++) {
    const overlap = row[object] ?? 0;
    if (taken.has(object) || overlap < most) continue;
    best = object;
    most = overlap;
  }
  return best;
}
