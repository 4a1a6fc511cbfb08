/** An axis of a plot: values from one round number to another. */
export interface Axis {
  /** Values that get a line and a number, in steps of 1, 2 or 5 times a power of ten; the first and last are the ends. */
  ticks: number[];
  /** Decimals that tell the ticks apart. */
  decimals: number;
  /** Where a value lies, from 0 at the first tick to 1 at the last. */
  share(value: number): number;
}

/** About so many steps. */
const STEPS = 6;

/** An axis that holds all values from `least` to `most`, which is above it. */
export function createAxis(least: number, most: number): Axis {
  const rough = (most - least) / STEPS;
  const power = Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((each) => each >= rough / 10 ** power) ?? 10;
  // Counted in steps, since multiples of 0.05 are not exact.
  const step = factor * 10 ** power;
  const [first, last] = [Math.floor(least / step), Math.ceil(most / step)];
  const ticks = Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
  return {
    ticks,
    decimals: Math.max(0, factor === 10 ? -power - 1 : -power),
    share: (value) => (value - first * step) / ((last - first) * step),
  };
}
