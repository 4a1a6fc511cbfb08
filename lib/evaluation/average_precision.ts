import type { Verdict } from "./match_detections.ts";

/** At how many values of recall, from 0 to 1, precision is looked at. */
const POINTS = 101;

/** What the detections of one class are worth at one overlap. */
export interface PrecisionRecall {
  /** Mean of the precision at {@linkcode POINTS} values of recall, 0 to 1. */
  averagePrecision: number;
  /** Share of the objects that any detection finds, 0 to 1. */
  recall: number;
}

/**
 * Average precision as in COCO: at each of 101 values of recall, the best precision there or beyond it; 0 where recall does
 * not reach.
 *
 * @param verdicts Of the detections of all images, the most confident first
 * @param objects How many objects there are to find, 1 or more
 */
export function averagePrecision(verdicts: readonly Verdict[], objects: number): PrecisionRecall {
  const recalls: number[] = [];
  const precisions: number[] = [];
  let [right, looked] = [0, 0];
  for (const verdict of verdicts) {
    if (verdict === "ignored") continue;
    looked++;
    if (verdict === "right") right++;
    recalls.push(right / objects);
    precisions.push(right / looked);
  }
  for (let at = precisions.length - 2; at >= 0; at--) {
    precisions[at] = Math.max(precisions[at] ?? 0, precisions[at + 1] ?? 0);
  }
  let [sum, at] = [0, 0];
  for (let point = 0; point < POINTS; point++) {
    while (at < recalls.length && (recalls[at] ?? 0) < point / (POINTS - 1)) at++;
    sum += precisions[at] ?? 0;
  }
  return { averagePrecision: sum / POINTS, recall: right / objects };
}
