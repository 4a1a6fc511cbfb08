import type { Detection } from "../protocol/detection.ts";
import { assignPairs } from "./assignment.ts";
import { BoxMotion } from "./box_motion.ts";
import { intersectionOverUnion, toCorners } from "../image/boxes.ts";

/** Options for {@linkcode Tracker}. */
export interface TrackerOptions {
  /**
   * Confidence from which a detection may begin a track, and chooses its track before the others; between 0 and 1.
   *
   * @default {0.5}
   */
  highConfidence?: number;
  /**
   * How long a track outlives its last detection, in milliseconds.
   *
   * @default {1500}
   */
  maxAgeMs?: number;
  /**
   * Most tracks that are remembered; beyond, those go whose objects have not been seen for longest.
   *
   * @default {500}
   */
  maxTracks?: number;
}

/** An object that is followed. */
interface Track {
  /** `undefined` until it has been seen a second time. */
  id: number | undefined;
  /** The class that it was last seen as. */
  classId: number;
  motion: BoxMotion;
  /** When it was last seen, in milliseconds. */
  seen: number;
  /** Whether it was seen in the last frame. */
  isSeen: boolean;
}

/** Overlap (intersection over union) with where a track should be that a confident detection has to exceed. */
const HIGH_IOU = 0.2;
/** The same for a detection that is not confident. */
const LOW_IOU = 0.5;
/** The same for a track that has been seen only once. */
const NEW_IOU = 0.3;
/** What it takes more where the class is another one. */
const OTHER_CLASS_IOU = 0.2;

/**
 * Recognizes objects from one frame of a stream to the next.
 *
 * This is ByteTrack (Zhang et al. 2022, "ByteTrack: multi-object tracking by associating every detection box"): confident
 * detections choose first among all tracks, then the others among those that were seen just before, so that an object that is
 * half hidden keeps its track while what is only perhaps an object begins none. A track counts once it has been seen in two frames
 * in a row, or in the first one, and is looked for again for a while after it is lost. What an object is taken for may
 * change, as a car may be a truck in some frames; a box of another class only has to overlap more.
 *
 * @example Following objects
 * ```ts
 * const tracker = new Tracker();
 * tracker.update([{ label: "dog", class_id: 16, confidence: 0.9, bbox: [10, 10, 50, 50] }], 0); // [1]
 * tracker.update([{ label: "dog", class_id: 16, confidence: 0.3, bbox: [14, 10, 50, 50] }], 100); // [1]
 * ```
 */
export class Tracker {
  readonly #options: Required<TrackerOptions>;
  #tracks: Track[] = [];
  #nextId = 1;
  /** Time of the last frame; `undefined` before the first. */
  #now: number | undefined;

  /**
   * Begins without tracks; the first one will have the id 1.
   *
   * @throws {RangeError} If an option is not a positive number.
   */
  constructor({ highConfidence = 0.5, maxAgeMs = 1500, maxTracks = 500 }: TrackerOptions = {}) {
    this.#options = { highConfidence, maxAgeMs, maxTracks };
    for (const [name, value] of Object.entries(this.#options)) {
      if (!(value > 0)) {
        throw new RangeError(`Cannot track with ${name} of ${value}: expected a positive number`);
      }
    }
  }

  /** How many objects are remembered. */
  get size(): number {
    return this.#tracks.length;
  }

  /**
   * Takes the detections of the next frame.
   *
   * @param detections What was found in it, in any order.
   * @param timestampMs When it was taken, in milliseconds of any steady clock; one that lies before the
   * last frame's counts as that.
   * @returns The id of each detection's track, in the order of `detections`: positive, and never given to
   * another object; `undefined` for what is not followed, or not yet.
   */
  update(detections: readonly Detection[], timestampMs: number): (number | undefined)[] {
    const isFirst = this.#now === undefined;
    this.#passTime(timestampMs);
    const now = this.#now ?? timestampMs;
    const { highConfidence } = this.#options;
    const [high, low] = partition(detections, ({ confidence }) => confidence >= highConfidence);
    const [known, unconfirmed] = partition(this.#tracks, ({ id }) => id !== undefined);
    const matches = new Map<Detection, Track>();
    match(matches, known, high, HIGH_IOU);
    match(matches, known.filter(({ isSeen }) => isSeen), low, LOW_IOU);
    match(matches, unconfirmed, high, NEW_IOU);
    const matched = new Set(matches.values());
    this.#tracks = this.#tracks.filter((track) => track.id !== undefined || matched.has(track));
    for (const track of this.#tracks) track.isSeen = matched.has(track);
    for (const [detection, track] of matches) {
      track.id ??= this.#nextId++;
      track.classId = detection.class_id;
      track.motion.correct(detection.bbox);
      track.seen = now;
    }
    for (const detection of high) {
      if (matches.has(detection)) continue;
      const track = begin(detection, now, isFirst ? this.#nextId++ : undefined);
      this.#tracks.push(track);
      matches.set(detection, track);
    }
    this.#forgetOldest();
    return detections.map((detection) => matches.get(detection)?.id);
  }

  /** Moves all tracks to where they should be by now, and forgets those that are lost for too long. */
  #passTime(timestampMs: number): void {
    const before = this.#now ?? timestampMs;
    const now = Math.max(before, timestampMs);
    this.#now = now;
    this.#tracks = this.#tracks.filter(({ seen }) => now - seen <= this.#options.maxAgeMs);
    for (const { motion, isSeen } of this.#tracks) motion.predict(now - before, !isSeen);
  }

  #forgetOldest(): void {
    const { maxTracks } = this.#options;
    if (this.#tracks.length <= maxTracks) return;
    this.#tracks = this.#tracks.toSorted((a, b) => b.seen - a.seen).slice(0, maxTracks);
  }
}

function begin({ class_id, bbox }: Detection, now: number, id: number | undefined): Track {
  return { id, classId: class_id, motion: new BoxMotion(bbox), seen: now, isSeen: true };
}

/** Adds to `matches` the pairs, of what has no partner yet, that overlap most in all, each by more than `leastIou`. */
function match(
  matches: Map<Detection, Track>,
  tracks: readonly Track[],
  detections: readonly Detection[],
  leastIou: number,
): void {
  const taken = new Set(matches.values());
  const rows = tracks.filter((track) => !taken.has(track));
  const columns = detections.filter((detection) => !matches.has(detection));
  const corners = columns.map(({ bbox }) => toCorners(bbox));
  const weights = rows.map(({ classId, motion }) => {
    const expected = motion.corners;
    return columns.map(({ class_id }, index) => {
      const least = leastIou + (class_id === classId ? 0 : OTHER_CLASS_IOU);
      return intersectionOverUnion(expected, corners[index] as typeof expected) - least;
    });
  });
  for (const [row, column] of assignPairs(weights)) {
    matches.set(columns[column] as Detection, rows[row] as Track);
  }
}

/** Those that pass the test, and the others. */
function partition<T>(items: readonly T[], test: (item: T) => boolean): [T[], T[]] {
  return [items.filter(test), items.filter((item) => !test(item))];
}
