import { type Corners, intersectionOverUnion } from "../image/boxes.ts";

/** A box that a detector proposes, in input pixels. */
export interface Candidate extends Corners {
  /** Index of the class in the model, from 0. */
  classId: number;
  /** Between 0 and 1. */
  score: number;
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
      intersectionOverUnion(rival, candidate) > SAME_OBJECT_IOU
    );
    const share = rivals.reduce((left, { score }) => left * (1 - score), 1);
    return rivals.length > 0 ? { ...candidate, score: candidate.score * share } : candidate;
  });
  return weakened.sort((a, b) => b.score - a.score);
}
