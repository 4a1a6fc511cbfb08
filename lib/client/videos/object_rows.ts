/** Counts the objects of a video: how many at once, and how many in all where they were followed well enough. */

import type { Detection } from "../../protocol/detection.ts";
import { Sightings, type TimeSpan } from "./time_spans.ts";

/** All objects of one class in a video. */
export interface ObjectRow {
  /** Name of the class. */
  label: string;
  /** Index of the class in the model, from 0. */
  class_id: number;
  /** The most that were seen in one frame. */
  atOnce: number;
  /** Number of different objects; `null` where they were not followed for long enough to tell. */
  total: number | null;
  /** When any of them was seen, in the order of time; at least one. */
  spans: TimeSpan[];
}

/** The objects of one frame, and its time. */
export interface ObjectFrame {
  /** What was found in it. */
  detections: readonly Detection[];
  /** From this frame to the next. */
  span: TimeSpan;
}

/** A track of so many seconds is one of an object; shorter ones may be a piece of it. */
const LASTING_SECONDS = 1;
/** In a video that is shorter than two of those, it is one that lasts for this share of it. */
const LASTING_SHARE = 0.5;
/** Share of the boxes of a class that have to belong to lasting tracks, for their number to be that of the objects. */
const FOLLOWED_SHARE = 0.9;

/** A followed object. */
interface Track {
  /** How sure it was each class, summed over the frames. */
  weights: Map<string, number>;
  first: number;
  last: number;
}

/** A box in one frame, of the class that it is counted as. */
interface Box {
  index: number;
  track: Track | undefined;
}

/** The rows of all classes, in the order in which they were first seen. */
export function objectRows(frames: readonly ObjectFrame[]): ObjectRow[] {
  const tracks = findTracks(frames);
  const length = (frames.at(-1)?.span.end ?? 0) - (frames[0]?.span.start ?? 0);
  const lasting = Math.min(LASTING_SECONDS, LASTING_SHARE * length);
  const classIds = new Map<string, number>();
  const boxes = new Map<string, Box[]>();
  const sightings = new Map<string, Sightings>();
  for (const [index, { detections, span }] of frames.entries()) {
    for (const { label: seenAs, class_id, track_id } of detections) {
      const track = track_id === undefined ? undefined : tracks.get(track_id);
      const label = track === undefined ? seenAs : likeliest(track.weights);
      if (seenAs === label) classIds.set(label, class_id);
      entryOf(boxes, label, () => []).push({ index, track });
      entryOf(sightings, label, () => new Sightings()).see(index, span);
    }
  }
  return [...boxes].map(([label, ofClass]) => ({
    label,
    class_id: classIds.get(label) ?? -1,
    ...countObjects(ofClass, lasting),
    spans: sightings.get(label)?.spans ?? [],
  }));
}

function findTracks(frames: readonly ObjectFrame[]): Map<number, Track> {
  const tracks = new Map<number, Track>();
  for (const { detections, span: { start, end } } of frames) {
    for (const { label, confidence, track_id } of detections) {
      if (track_id === undefined) continue;
      const track = entryOf(
        tracks,
        track_id,
        () => ({ weights: new Map(), first: start, last: 0 }),
      );
      track.last = end;
      track.weights.set(label, (track.weights.get(label) ?? 0) + confidence);
    }
  }
  return tracks;
}

/** @param lasting Seconds from which a track lasts. */
function countObjects(
  boxes: readonly Box[],
  lasting: number,
): Pick<ObjectRow, "atOnce" | "total"> {
  const followed = boxes.filter(({ track }) =>
    // Times are sums of fractions.
    track !== undefined && track.last - track.first >= lasting - 1e-6
  );
  const isFollowed = followed.length >= FOLLOWED_SHARE * boxes.length;
  return {
    // Where objects are followed, a box that flickers is none.
    atOnce: mostAtOnce(isFollowed ? followed : boxes),
    total: isFollowed ? new Set(followed.map(({ track }) => track)).size : null,
  };
}

function mostAtOnce(boxes: readonly Box[]): number {
  const counts = new Map<number, number>();
  for (const { index } of boxes) counts.set(index, (counts.get(index) ?? 0) + 1);
  let most = 0;
  for (const count of counts.values()) most = Math.max(most, count);
  return most;
}

function likeliest(weights: ReadonlyMap<string, number>): string {
  let best = "";
  for (const [label, weight] of weights) {
    if (weight > (weights.get(best) ?? 0)) best = label;
  }
  return best;
}

function entryOf<Key, Value>(map: Map<Key, Value>, key: Key, create: () => Value): Value {
  const found = map.get(key) ?? create();
  map.set(key, found);
  return found;
}
