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
 * Keeps, of boxes of different classes that lie on one object, the one with the highest score.
 *
 * Apply {@linkcode suppressNonMaxima} first: a weak box may be covered only by one that is dropped here.
 *
 * @returns The boxes that are kept, highest score first.
 */
export function suppressAcrossClasses<T extends Candidate>(candidates: T[]): T[] {
  const kept: T[] = [];
  for (const candidate of candidates.toSorted((a, b) => b.score - a.score)) {
    const isTaken = kept.some((rival) =>
      rival.classId !== candidate.classId &&
      intersectionOverUnion(rival, candidate) > SAME_OBJECT_IOU
    );
    if (!isTaken) kept.push(candidate);
  }
  return kept;
}
