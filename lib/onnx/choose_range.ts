/**
 * Chooses the range of values that 8 bits are to stand for.
 *
 * @module
 */

import type { Bin } from "./value_histogram.ts";

/** The values that a tensor takes; 0 lies between them. */
export interface Range {
  /** Smallest value, 0 or below. */
  lowest: number;
  /** Largest value, 0 or above. */
  highest: number;
}

/** How a real number is written as an integer from 0 to 255: `real = scale * (integer - zeroPoint)`. */
export interface Quantization {
  /** Distance between two neighbours, above 0. */
  scale: number;
  /** The integer that stands for 0. */
  zeroPoint: number;
}

/** Largest integer of 8 bits. */
export const MOST_8_BITS = 255;

/** Smallest scale of a tensor, for one that is 0 everywhere. */
export const SMALLEST_SCALE = 1e-8;

/** Shares of the whole range that are tried as either end of the chosen one. */
const STEPS = 40;
/** How often each end is chosen anew after the other has changed. */
const ROUNDS = 2;

/** Spreads the integers from 0 to 255 evenly over a range. */
export function quantizationOf({ lowest, highest }: Range): Quantization {
  const scale = Math.max((highest - lowest) / MOST_8_BITS, SMALLEST_SCALE);
  return { scale, zeroPoint: clampTo8Bits(Math.round(-lowest / scale)) };
}

/**
 * The range with the least squared error; values outside it are clipped.
 *
 * Few values lie far out, so it pays to clip them and to write all others more finely (Nagel et al. 2021, "A White Paper on
 * Neural Network Quantization", 3.1).
 *
 * @param bins The values of the tensor, the smallest first; at least one
 * @param follow What is computed from the tensor alone, so that the error is measured behind it. SiLU, for example, gives almost
 * the same for all that is far below 0
 */
export function chooseRange(bins: readonly Bin[], follow = (value: number) => value): Range {
  const right = bins.map(({ value }) => follow(value));
  const errorOf = (range: Range) => squaredError(bins, right, range, follow);
  const whole = {
    lowest: Math.min(0, bins[0]?.value ?? 0),
    highest: Math.max(0, bins.at(-1)?.value ?? 0),
  };
  let best = { ...whole, error: errorOf(whole) };
  const consider = (range: Range) => {
    const error = errorOf(range);
    if (error < best.error) best = { ...range, error };
  };
  for (let round = 0; round < ROUNDS; round++) {
    for (let step = 1; step <= STEPS; step++) {
      consider({ lowest: best.lowest, highest: whole.highest * step / STEPS });
    }
    for (let step = 0; step <= STEPS; step++) {
      consider({ lowest: whole.lowest * step / STEPS, highest: best.highest });
    }
  }
  return { lowest: best.lowest, highest: best.highest };
}

/**
 * The range that holds a share of all values, as many of the others being below it as above it; 0 lies in it.
 *
 * @param bins The values of the tensor, the smallest first
 * @param share Between 0 and 1
 */
export function holdingRange(bins: readonly Bin[], share: number): Range {
  const count = bins.reduce((sum, bin) => sum + bin.count, 0);
  const outside = count * (1 - share) / 2;
  const endOf = (list: readonly Bin[]) => {
    let passed = 0;
    return list.find((bin) => (passed += bin.count) > outside)?.value ?? 0;
  };
  return {
    lowest: Math.min(0, endOf(bins)),
    highest: Math.max(0, endOf(bins.toReversed())),
  };
}

/** SiLU, `x * sigmoid(x)`: the activation of YOLO networks. */
export function silu(value: number): number {
  return value / (1 + Math.exp(-value));
}

function squaredError(
  bins: readonly Bin[],
  right: readonly number[],
  range: Range,
  follow: (value: number) => number,
): number {
  const { scale, zeroPoint } = quantizationOf(range);
  // What each integer stands for, computed once, since there are far more bins.
  const written = Float64Array.from(
    { length: MOST_8_BITS + 1 },
    (_, integer) => follow(scale * (integer - zeroPoint)),
  );
  return bins.reduce((sum, { value, count }, index) => {
    const integer = clampTo8Bits(Math.round(value / scale) + zeroPoint);
    return sum + count * ((written[integer] ?? 0) - (right[index] ?? 0)) ** 2;
  }, 0);
}

function clampTo8Bits(value: number): number {
  return Math.min(MOST_8_BITS, Math.max(0, value));
}
