/**
 * How well objects are followed: HOTA (Luiten et al. 2021, "HOTA: a higher order metric for evaluating multi-object tracking")
 * and identity switches (Bernardin and Stiefelhagen 2008, "CLEAR MOT").
 *
 * @module
 */

import type { BoundingBox } from "../../../lib/protocol/geometry.ts";
import { assignPairs } from "../../../lib/detection/assignment.ts";
import { intersectionOverUnion, toCorners } from "../../../lib/image/boxes.ts";

/** A box with the number of the object that it belongs to. */
export interface NumberedBox {
  /** The same in every frame with the object. */
  id: number;
  /** In pixels. */
  bbox: BoundingBox;
}

/** One frame: where the objects are, and where they were followed to. */
export interface ScoredFrame {
  /** Every object that should be found. */
  truth: readonly NumberedBox[];
  /** Every box that the tracker has numbered. */
  tracked: readonly NumberedBox[];
}

/** Scores, each between 0 and 1 but for the switches. */
export interface TrackingScore {
  /** Geometric mean of `detA` and `assA`, averaged over 19 overlaps from 0.05 to 0.95. */
  hota: number;
  /** How well boxes are found, whatever their numbers. */
  detA: number;
  /** How well the numbers of the boxes that are found stay with their objects. */
  assA: number;
  /** How often an object has another number than the last time. */
  switches: number;
}

/** Overlaps at which a box counts as found, one after the other. */
const LEAST_OVERLAPS = Array.from({ length: 19 }, (_, index) => (index + 1) * 0.05);
/** The overlap from which CLEAR MOT takes a box for an object. */
const SWITCH_OVERLAP = 0.5;
/** Overlaps are compared with some room for rounding. */
const EPSILON = 1e-15;

/** Scores a sequence of frames. */
export function scoreTracking(frames: readonly ScoredFrame[]): TrackingScore {
  const overlaps = frames.map(({ truth, tracked }) =>
    truth.map((a) =>
      tracked.map((b) => intersectionOverUnion(toCorners(a.bbox), toCorners(b.bbox)))
    )
  );
  const scores = scoreOverlaps(frames, overlaps);
  return { ...scores, switches: countSwitches(frames, overlaps) };
}

/** A number for each pair of an object and a track. */
class PairTable {
  readonly #values = new Map<string, number>();

  add(truth: number, track: number, value: number): void {
    const key = `${truth} ${track}`;
    this.#values.set(key, (this.#values.get(key) ?? 0) + value);
  }

  get(truth: number, track: number): number {
    return this.#values.get(`${truth} ${track}`) ?? 0;
  }

  *entries(): Generator<[truth: number, track: number, value: number]> {
    for (const [key, value] of this.#values) {
      const [truth = NaN, track = NaN] = key.split(" ").map(Number);
      yield [truth, track, value];
    }
  }
}

type Overlaps = readonly (readonly (readonly number[])[])[];

function scoreOverlaps(
  frames: readonly ScoredFrame[],
  overlaps: Overlaps,
): Omit<TrackingScore, "switches"> {
  const truthCounts = countIds(frames.flatMap(({ truth }) => truth));
  const trackCounts = countIds(frames.flatMap(({ tracked }) => tracked));
  const matches = matchFrames(frames, overlaps, truthCounts, trackCounts);
  const boxes = sum([...truthCounts.values(), ...trackCounts.values()]);
  const scores = LEAST_OVERLAPS.map((least) => {
    const together = new PairTable();
    const found = matches.filter(({ overlap }) => overlap >= least - EPSILON);
    for (const { truth, track } of found) together.add(truth, track, 1);
    let association = 0;
    for (const [truth, track, count] of together.entries()) {
      const either = (truthCounts.get(truth) ?? 0) + (trackCounts.get(track) ?? 0) - count;
      association += count * count / either;
    }
    const detA = found.length / Math.max(1, boxes - found.length);
    const assA = association / Math.max(1, found.length);
    return { detA, assA, hota: Math.sqrt(detA * assA) };
  });
  const mean = (of: "hota" | "detA" | "assA") =>
    sum(scores.map((each) => each[of])) / scores.length;
  return { hota: mean("hota"), detA: mean("detA"), assA: mean("assA") };
}

interface Match {
  truth: number;
  track: number;
  overlap: number;
}

/** Pairs boxes frame by frame, those first whose numbers go together over the whole sequence. */
function matchFrames(
  frames: readonly ScoredFrame[],
  overlaps: Overlaps,
  truthCounts: ReadonlyMap<number, number>,
  trackCounts: ReadonlyMap<number, number>,
): Match[] {
  const likely = new PairTable();
  eachPair(frames, overlaps, ({ truth, track, overlap }, rowSum, columnSum) => {
    likely.add(truth, track, overlap / (rowSum + columnSum - overlap));
  });
  return frames.flatMap(({ truth, tracked }, index) => {
    const weights = truth.map(({ id }, row) =>
      tracked.map(({ id: track }, column) => {
        const both = likely.get(id, track);
        const either = (truthCounts.get(id) ?? 0) + (trackCounts.get(track) ?? 0) - both;
        return both / either * (overlaps[index]?.[row]?.[column] ?? 0);
      })
    );
    return assignPairs(weights).map(([row, column]) => ({
      truth: truth[row]?.id ?? NaN,
      track: tracked[column]?.id ?? NaN,
      overlap: overlaps[index]?.[row]?.[column] ?? 0,
    }));
  });
}

/** Visits every pair of boxes that overlap, with the sums of all overlaps of either box. */
function eachPair(
  frames: readonly ScoredFrame[],
  overlaps: Overlaps,
  visit: (match: Match, rowSum: number, columnSum: number) => void,
): void {
  for (const [index, { truth, tracked }] of frames.entries()) {
    const table = overlaps[index] ?? [];
    const columnSums = tracked.map((_, column) => sum(table.map((row) => row[column] ?? 0)));
    for (const [row, values] of table.entries()) {
      for (const [column, overlap] of values.entries()) {
        if (overlap === 0) continue;
        const match = { truth: truth[row]?.id ?? NaN, track: tracked[column]?.id ?? NaN, overlap };
        visit(match, sum(values), columnSums[column] ?? 0);
      }
    }
  }
}

function countSwitches(frames: readonly ScoredFrame[], overlaps: Overlaps): number {
  /** The last track of each object. */
  const last = new Map<number, number>();
  /** That of the frame before. */
  let before = new Map<number, number>();
  let switches = 0;
  for (const [index, { truth, tracked }] of frames.entries()) {
    // A frame without any box on one side is passed over, as if it were not there.
    if (truth.length === 0 || tracked.length === 0) continue;
    const weights = truth.map(({ id }, row) =>
      tracked.map(({ id: track }, column) => {
        const overlap = overlaps[index]?.[row]?.[column] ?? 0;
        if (overlap < SWITCH_OVERLAP - EPSILON) return 0;
        // Whoever keeps a track comes first, however well others fit.
        return overlap + (before.get(id) === track ? 1000 : 0);
      })
    );
    before = new Map();
    for (const [row, column] of assignPairs(weights)) {
      const [id, track] = [truth[row]?.id ?? NaN, tracked[column]?.id ?? NaN];
      if ((last.get(id) ?? track) !== track) switches++;
      last.set(id, track);
      before.set(id, track);
    }
  }
  return switches;
}

function countIds(boxes: readonly NumberedBox[]): Map<number, number> {
  const counts = new Map<number, number>();
  for (const { id } of boxes) counts.set(id, (counts.get(id) ?? 0) + 1);
  return counts;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
