/**
 * The objects of a source as rules see them: steadier than the detections of single frames.
 *
 * @module
 */

import type { Detection } from "../protocol/detection.ts";
import type { BoundingBox, FrameSize } from "../protocol/geometry.ts";
import type { Place } from "./geometry.ts";

/** One time that an object was seen. */
export interface Sighting {
  /** On the clock of the source; see {@linkcode FollowedObjects.update}. */
  atMs: number;
  /** The middle of the lower edge of its box, within the frame, in pixels. */
  anchor: Place;
  /** Mean of the width and the height of its box, in pixels. */
  size: number;
  /** The middle of its box, in pixels. */
  middle: Place;
  /** The edges of the frame that its box touches: -1 for the left or the upper one, 1 for the others, 0 for none. */
  edges: Place;
}

/** How long an object may be out of sight before it counts as gone: twice as long as the tracker looks for it. */
export const GRACE_MS = 3000;

/** How long an object that is out of sight still counts among those that are there now. */
export const PRESENT_MS = 1000;

/** Sightings after which an object counts, so that one wrong box or class is none. */
const SETTLED_AFTER = 3;

/** Votes on the class of an object above which older ones lose half of their weight. */
const MOST_VOTES = 30;

/** Most objects of a source. */
const MAX_OBJECTS = 500;

/** How far from where it was lost an object may come back, in sizes of its box, for each second and at once. */
const NEAR = 0.5;

/** The same at the most. */
const NEAR_AT_MOST = 1.5;

/** How many times as large as before, at the most, or as small, it may be then. */
const LIKE_SIZE = 1.6;

/** A box so near to the edge of the frame touches it, as a share of the frame. */
const EDGE = 0.01;

/** Time over which it is looked where an object goes, in milliseconds; half of it at least. */
const HEADING_MS = 1000;

/** How far it has to have gone towards an edge that it touches to be on its way out, in sizes of its box. */
const OUTWARDS = 0.1;

/** An object that is followed, though its track may change. */
export class FollowedObject {
  /** Its track now. */
  trackId: number;
  /** How certain the model was of it when it was last seen. */
  confidence: number;
  /** Where it was last seen, in pixels of the frame. */
  bbox: BoundingBox;
  /** Where it was seen that rules have not looked at yet, oldest first. */
  path: Sighting[] = [];
  #label: string;
  #last: Sighting;
  /** Sightings before the last, half of {@linkcode HEADING_MS} apart, the older first. */
  #before: [Sighting, Sighting];
  #sightings = 0;
  readonly #votes = new Map<string, number>();

  /** Begins with its first sighting. */
  constructor(detection: Detection, trackId: number, sighting: Sighting) {
    this.trackId = trackId;
    this.confidence = detection.confidence;
    this.bbox = detection.bbox;
    this.#label = detection.label;
    this.#last = sighting;
    this.#before = [sighting, sighting];
    this.see(detection, trackId, sighting);
  }

  /** The class that it has been taken for most often of late; of equals the one that it was before. */
  get label(): string {
    return this.#label;
  }

  /** When it was last seen, on the clock of the source. */
  get seenAtMs(): number {
    return this.#last.atMs;
  }

  /** Whether it has been seen often enough to count. */
  get isSettled(): boolean {
    return this.#sightings >= SETTLED_AFTER;
  }

  /** Notes that it is seen. */
  see({ label, confidence, bbox }: Detection, trackId: number, sighting: Sighting): void {
    this.trackId = trackId;
    this.confidence = confidence;
    this.bbox = bbox;
    this.path.push(sighting);
    if (sighting.atMs - this.#before[1].atMs >= HEADING_MS / 2) {
      this.#before = [this.#before[1], this.#last];
    }
    this.#last = sighting;
    this.#sightings += 1;
    this.#vote(label);
  }

  /** How far something new is from where it was lost; `undefined` where that cannot be the same object. */
  distanceTo({ label }: Detection, { atMs, anchor: [x, y], size }: Sighting): number | undefined {
    if (this.#isGoingOut) return undefined;
    const { anchor: [lastX, lastY], size: lastSize, atMs: lastMs } = this.#last;
    const ratio = size / lastSize;
    if (!this.#votes.has(label) || ratio > LIKE_SIZE || ratio < 1 / LIKE_SIZE) return undefined;
    const reach = Math.min(NEAR_AT_MOST, NEAR * (1 + (atMs - lastMs) / 1000));
    const distance = Math.hypot(x - lastX, y - lastY);
    return distance <= reach * lastSize ? distance : undefined;
  }

  /** Whether it was leaving the frame when it was last seen: who comes in there then is somebody else. */
  get #isGoingOut(): boolean {
    const { middle: [x, y], edges: [atX, atY], size } = this.#last;
    const [fromX, fromY] = this.#before[0].middle;
    const least = OUTWARDS * size;
    return atX * (x - fromX) > least || atY * (y - fromY) > least;
  }

  #vote(label: string): void {
    this.#votes.set(label, (this.#votes.get(label) ?? 0) + 1);
    let total = 0;
    for (const votes of this.#votes.values()) total += votes;
    if (total > MOST_VOTES) {
      for (const [each, votes] of this.#votes) {
        if (votes < 2) this.#votes.delete(each);
        else this.#votes.set(each, votes / 2);
      }
    }
    const ofLabel = this.#votes.get(label) ?? 0;
    if (ofLabel > (this.#votes.get(this.#label) ?? 0)) this.#label = label;
  }
}

/** What has become of the objects with a frame. */
export interface ObjectChanges {
  /** Those that count and are seen in this frame. */
  seen: FollowedObject[];
  /** Those that counted, and have been out of sight for too long. */
  gone: FollowedObject[];
}

/** The objects of one source. */
export class FollowedObjects {
  readonly #byTrack = new Map<number, FollowedObject>();

  /** The objects that count. */
  get settled(): FollowedObject[] {
    return [...this.#byTrack.values()].filter(({ isSettled }) => isSettled);
  }

  /**
   * Takes the detections of the next frame.
   *
   * A detection without a track is left out. One with a new track may be an object that was lost near by a moment ago.
   *
   * @param nowMs When the frame came, on a clock of the source that never goes back
   */
  update(detections: readonly Detection[], nowMs: number, frame: FrameSize): ObjectChanges {
    const seen = new Set<FollowedObject>();
    const newcomers: [Detection, number, Sighting][] = [];
    for (const detection of detections) {
      const { track_id, bbox } = detection;
      if (track_id === undefined) continue;
      const sighting = toSighting(bbox, nowMs, frame);
      const object = this.#byTrack.get(track_id);
      if (object === undefined) newcomers.push([detection, track_id, sighting]);
      else if (!seen.has(object)) {
        object.see(detection, track_id, sighting);
        seen.add(object);
      }
    }
    for (const [detection, trackId, sighting] of newcomers) {
      // Lists of several trackers may hold one number twice.
      if (this.#byTrack.has(trackId)) continue;
      seen.add(this.#takeUp(detection, trackId, sighting, seen));
    }
    const gone = this.#forget(nowMs);
    return { seen: [...seen].filter(({ isSettled }) => isSettled), gone };
  }

  /** Forgets all. */
  clear(): void {
    this.#byTrack.clear();
  }

  #takeUp(
    detection: Detection,
    trackId: number,
    sighting: Sighting,
    seen: ReadonlySet<FollowedObject>,
  ): FollowedObject {
    let [best, least]: [FollowedObject | undefined, number] = [undefined, Infinity];
    for (const object of this.#byTrack.values()) {
      if (seen.has(object)) continue;
      const distance = object.distanceTo(detection, sighting);
      if (distance !== undefined && distance < least) [best, least] = [object, distance];
    }
    if (best === undefined) {
      const object = new FollowedObject(detection, trackId, sighting);
      this.#byTrack.set(trackId, object);
      return object;
    }
    this.#byTrack.delete(best.trackId);
    best.see(detection, trackId, sighting);
    this.#byTrack.set(trackId, best);
    return best;
  }

  /** Forgets those that are gone, and those beyond the limit that have been out of sight for longest. */
  #forget(nowMs: number): FollowedObject[] {
    const forgotten = [...this.#byTrack.values()].filter(({ seenAtMs }) =>
      nowMs - seenAtMs > GRACE_MS
    );
    const excess = this.#byTrack.size - forgotten.length - MAX_OBJECTS;
    if (excess > 0) {
      const others = [...this.#byTrack.values()].filter((each) => !forgotten.includes(each));
      others.sort((a, b) => a.seenAtMs - b.seenAtMs);
      forgotten.push(...others.slice(0, excess));
    }
    for (const { trackId } of forgotten) this.#byTrack.delete(trackId);
    return forgotten.filter(({ isSettled }) => isSettled);
  }
}

function toSighting(
  [x, y, width, height]: BoundingBox,
  atMs: number,
  frame: FrameSize,
): Sighting {
  const within = (value: number, end: number) => Math.max(0, Math.min(end, value));
  const edge = (start: number, end: number, length: number) =>
    start <= EDGE * length ? -1 : end >= (1 - EDGE) * length ? 1 : 0;
  return {
    atMs,
    anchor: [within(x + width / 2, frame.width), within(y + height, frame.height)],
    size: (width + height) / 2,
    middle: [x + width / 2, y + height / 2],
    edges: [edge(x, x + width, frame.width), edge(y, y + height, frame.height)],
  };
}
