/** What the decoders of all heads compute with. @module */

import type { Corners } from "../image/boxes.ts";

/** Four numbers that stand for a box. */
export type Box = readonly [number, number, number, number];

/** The corners of a box of which the centre's x and y, the width and the height are given. */
export function centreBox([x, y, width, height]: Box): Corners {
  return {
    left: x - width / 2,
    top: y - height / 2,
    right: x + width / 2,
    bottom: y + height / 2,
  };
}

/**
 * Finds the highest of some scores.
 *
 * @param offset Place of the first in `data`
 * @param step Distance of one to the next
 * @param classes How many there are
 */
export function bestScore(
  data: Float32Array,
  offset: number,
  step: number,
  classes: number,
): { classId: number; score: number } {
  let classId = 0;
  let score = -Infinity;
  for (let candidate = 0; candidate < classes; candidate++) {
    const value = data[offset + candidate * step] as number;
    if (value > score) {
      score = value;
      classId = candidate;
    }
  }
  return { classId, score };
}

/** The logistic function: a probability of a logit. */
export function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}
