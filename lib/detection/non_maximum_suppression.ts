import { type Corners, intersectionOverUnion } from "../image/boxes.ts";
import { probabilisticOverlap, type TurnedBox } from "./turned_box.ts";

/** A box that a detector proposes, in input pixels. */
export interface Candidate extends Corners {
  /** Index of the class in the model, from 0. */
  classId: number;
  /** Between 0 and 1. */
  score: number;
  /** What the detector tells beside, as {@linkcode BoxExtras} says; not there where it tells nothing. */
  extras?: Float32Array;
  /** The box as it is turned, which the corners enclose; not there for upright ones. */
  turned?: TurnedBox;
}

/**
 * Keeps, of the boxes of one class that overlap, the one with the highest score.
 *
 * @param threshold Overlap (intersection over union) above which the lower one goes, between 0 and 1.
 * @returns The boxes that are kept, highest score first.
 */
export function suppressNonMaxima<T extends Candidate>(candidates: T[], threshold: number): T[] {
  const kept: T[] = [];
  const keptByClass = new Map<number, T[]>();
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    const rivals = keptByClass.get(candidate.classId) ?? [];
    if (rivals.some((rival) => intersectionOverUnion(rival, candidate) > threshold)) continue;
    rivals.push(candidate);
    keptByClass.set(candidate.classId, rivals);
    kept.push(candidate);
  }
  return kept;
}

/**
 * Keeps, of the turned boxes of one class, those that overlap with none of a higher score, be that one kept or not.
 *
 * This is Fast NMS (Bolya et al. 2019), which Ultralytics applies to turned boxes.
 *
 * @param threshold Overlap (as {@linkcode probabilisticOverlap} has it) above which the lower one goes, between 0 and 1.
 * @returns The boxes that are kept, highest score first.
 */
export function suppressTurned<T extends Candidate>(candidates: T[], threshold: number): T[] {
  const byScore = candidates.toSorted((a, b) => b.score - a.score);
  return byScore.filter((candidate, index) =>
    !byScore.slice(0, index).some((rival) =>
      rival.classId === candidate.classId && overlapOf(rival, candidate) > threshold
    )
  );
}

function overlapOf(a: Candidate, b: Candidate): number {
  return a.turned && b.turned
    ? probabilisticOverlap(a.turned, b.turned)
    : intersectionOverUnion(a, b);
}

/** Overlap (intersection over union) above which boxes of two classes are one object, such as a car that may be a truck. */
const SAME_OBJECT_IOU = 0.7;

/**
 * Lowers the scores of boxes that lie on an object which is likelier of another class, to the share that this leaves them: if it
 * is a car with a probability of 0.6, it is a truck with 0.4 at most.
 *
 * As Soft-NMS does within a class (Bodla et al. 2017). Since p (1 - p) is never above 0.25, a box that was weakened does not
 * exceed that confidence. Apply {@linkcode suppressNonMaxima} first.
 *
 * @returns All boxes, highest score first
 */
export function weakenAcrossClasses<T extends Candidate>(candidates: readonly T[]): T[] {
  const byScore = candidates.toSorted((a, b) => b.score - a.score);
  const weakened = byScore.map((candidate, index) => {
    const rivals = byScore.slice(0, index).filter((rival) =>
      rival.classId !== candidate.classId &&
      overlapOf(rival, candidate) > SAME_OBJECT_IOU
    );
    const share = rivals.reduce((left, { score }) => left * (1 - score), 1);
    return rivals.length > 0 ? { ...candidate, score: candidate.score * share } : candidate;
  });
  return weakened.sort((a, b) => b.score - a.score);
}
