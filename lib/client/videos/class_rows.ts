/** Sums up what the frames of a video, and the objects in them, were classified as. */

import type { Classification } from "../../protocol/classification.ts";
import type { Detection } from "../../protocol/detection.ts";
import { Sightings, type TimeSpan } from "./time_spans.ts";

/** One class of the whole frame, or of the objects of one label. */
export interface ClassRow {
  /** Name of the class. */
  label: string;
  /** Index of the class in the model, from 0. */
  class_id: number;
  /** Label of the objects that were classified; left out where it was the whole frame. */
  of?: string;
  /** When it was the likeliest class, in the order of time; at least one. */
  spans: TimeSpan[];
}

/** The classes of one frame, and its time. */
export interface ClassFrame {
  /** Of the whole frame, best first. */
  classes: readonly Classification[];
  /** The objects in it, with their own classes. */
  detections: readonly Detection[];
  /** From this frame to the next. */
  span: TimeSpan;
}

/** A class that is the likeliest for a moment only is mostly a mistake. */
const LEAST_FRAMES = 2;

/**
 * The rows of all classes, in the order in which they were first the likeliest.
 *
 * @param minimumConfidence Less certain classes are left out; between 0 and 1.
 */
export function classRows(frames: readonly ClassFrame[], minimumConfidence: number): ClassRow[] {
  const rows = new Map<string, { row: Omit<ClassRow, "spans">; sightings: Sightings }>();
  for (const [index, { classes, detections, span }] of frames.entries()) {
    const likeliest = [
      { best: classes[0] },
      ...detections.map(({ label, classes }) => ({ best: classes?.[0], of: label })),
    ];
    for (const { best, ...of } of likeliest) {
      if (best === undefined || best.confidence < minimumConfidence) continue;
      const { label, class_id } = best;
      const key = JSON.stringify([of, label]);
      const found = rows.get(key) ??
        { row: { label, class_id, ...of }, sightings: new Sightings() };
      rows.set(key, found);
      found.sightings.see(index, span);
    }
  }
  return [...rows.values()].filter(({ sightings }) => sightings.frames >= LEAST_FRAMES)
    .map(({ row, sightings: { spans } }) => ({ ...row, spans }));
}
