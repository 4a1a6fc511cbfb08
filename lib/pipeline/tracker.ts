import type { BoundingBox, Detection } from "../client/protocol.ts";

/** Options for {@linkcode Tracker}. */
export interface TrackerOptions {
  /**
   * Confidence from which a detection chooses its track before the others, between 0 and 1.
   *
   * @default {0.5}
   */
  highConfidence?: number;
  /**
   * Overlap (intersection over union) with a track's box that a confident detection needs.
   *
   * @default {0.2}
   */
  iou?: number;
  /**
   * Overlap that a less confident detection needs.
   *
   * @default {0.4}
   */
  lowIou?: number;
  /**
   * How long a track outlives its last detection, in milliseconds.
   *
   * @default {1500}
   */
  maxAgeMs?: number;
  /**
   * Most tracks that are remembered; beyond, those go whose objects have not been seen for longest.
   *
   * @default {1000}
   */
  maxTracks?: number;
}

/** An object that is followed. */
interface Track {
  id: number;
  classId: number;
  /** When it was last seen, in milliseconds. */
  seen: number;
  box: BoundingBox;
  /** Of the middle of the box, in pixels per millisecond. */
  velocity: [x: number, y: number];
  /** How often it was seen. */
  hits: number;
}

/** A track and a detection that may be the same object. */
interface Candidate {
  track: Track;
  /** Index of the detection. */
  index: number;
  overlap: number;
}

/** Share of the newest displacement in a track's velocity: boxes shake by some pixels a frame. */
const VELOCITY_WEIGHT = 0.5;

/**
 * Recognizes objects from one frame of a stream to the next.
 *
 * As in ByteTrack (Zhang et al. 2022, "ByteTrack: multi-object tracking by associating every detection
 * box"), confident detections choose first among all tracks, then the others among those left, so that an
 * object which is half hidden keeps its track. Objects are expected to move on at constant velocity, and
 * to stay of one class. Of the pairs that overlap, the one that overlaps most is matched first.
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
  #now = -Infinity;

  /**
   * Begins without tracks; the first one will have the id 1.
   *
   * @throws {RangeError} If an option is not a positive number.
   */
  constructor(
    { highConfidence = 0.5, iou = 0.2, lowIou = 0.4, maxAgeMs = 1500, maxTracks = 1000 }:
      TrackerOptions = {},
  ) {
    this.#options = { highConfidence, iou, lowIou, maxAgeMs, maxTracks };
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
   * another object.
   */
  update(detections: readonly Detection[], timestampMs: number): number[] {
    const { highConfidence, iou, lowIou, maxAgeMs, maxTracks } = this.#options;
    this.#now = Math.max(this.#now, timestampMs);
    this.#tracks = this.#tracks.filter(({ seen }) => this.#now - seen <= maxAgeMs);
    const matches = new Map<number, Track>();
    const confident = (index: number) => (detections[index]?.confidence ?? 0) >= highConfidence;
    this.#match(detections, matches, iou, confident);
    this.#match(detections, matches, lowIou, (index) => !confident(index));
    const ids = detections.map((detection, index) => {
      const track = matches.get(index);
      if (track === undefined) return this.#start(detection);
      advance(track, detection.bbox, this.#now);
      return track.id;
    });
    if (this.#tracks.length > maxTracks) {
      this.#tracks = this.#tracks.toSorted((a, b) => b.seen - a.seen).slice(0, maxTracks);
    }
    return ids;
  }

  /** Adds to `matches`, greedily, the best pairs of a free track and a detection that is `eligible`. */
  #match(
    detections: readonly Detection[],
    matches: Map<number, Track>,
    leastOverlap: number,
    eligible: (index: number) => boolean,
  ): void {
    const taken = new Set(matches.values());
    const candidates: Candidate[] = [];
    for (const track of this.#tracks) {
      if (taken.has(track)) continue;
      const expected = predict(track, this.#now);
      detections.forEach(({ class_id, bbox }, index) => {
        if (class_id !== track.classId || !eligible(index)) return;
        const overlap = intersectionOverUnion(expected, bbox);
        if (overlap >= leastOverlap) candidates.push({ track, index, overlap });
      });
    }
    candidates.sort((a, b) => b.overlap - a.overlap || a.track.id - b.track.id);
    for (const { track, index } of candidates) {
      if (taken.has(track) || matches.has(index)) continue;
      taken.add(track);
      matches.set(index, track);
    }
  }

  #start({ class_id, bbox }: Detection): number {
    const id = this.#nextId++;
    this.#tracks.push({
      id,
      classId: class_id,
      seen: this.#now,
      box: bbox,
      velocity: [0, 0],
      hits: 1,
    });
    return id;
  }
}

/** Where a track's object should be by now. */
function predict({ box: [x, y, width, height], velocity, seen }: Track, now: number): BoundingBox {
  const elapsed = now - seen;
  return [x + velocity[0] * elapsed, y + velocity[1] * elapsed, width, height];
}

function advance(track: Track, box: BoundingBox, now: number): void {
  const elapsed = now - track.seen;
  if (elapsed > 0) {
    const weight = track.hits === 1 ? 1 : VELOCITY_WEIGHT;
    const [x, y] = middle(box);
    const [formerX, formerY] = middle(track.box);
    const [velocityX, velocityY] = track.velocity;
    track.velocity = [
      velocityX + weight * ((x - formerX) / elapsed - velocityX),
      velocityY + weight * ((y - formerY) / elapsed - velocityY),
    ];
    track.hits++;
  }
  track.box = box;
  track.seen = now;
}

function middle([x, y, width, height]: BoundingBox): [x: number, y: number] {
  return [x + width / 2, y + height / 2];
}

function intersectionOverUnion(a: BoundingBox, b: BoundingBox): number {
  const width = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const height = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  return intersection / (a[2] * a[3] + b[2] * b[3] - intersection);
}
