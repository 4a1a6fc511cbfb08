/** Values that fall between two neighbouring numbers of bfloat16. */
export interface Bin {
  /** The middle of the values that belong here. */
  value: number;
  /** How many there were, from 1. */
  count: number;
}

/** Bits that tell apart the bins: those that float32 shares with bfloat16. */
const BINS = 1 << 16;
const SHIFT = 16;
/** Sets the bit below those of the bin, so that the value lies in its middle. */
const MIDDLE = 1 << (SHIFT - 1);

/**
 * Counts float32 values in bins that are 0.8 % wide at most.
 *
 * The bins are the numbers of bfloat16, so no range has to be known beforehand, and small values are told apart as well as large
 * ones.
 */
export class ValueHistogram {
  readonly #counts = new Float64Array(BINS);

  /** Counts all values, except those that are not finite. */
  add(values: Float32Array): void {
    const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let index = 0; index < bits.length; index++) {
      this.#counts[(bits[index] as number) >>> SHIFT]++;
    }
  }

  /** The bins that are not empty, the smallest value first. */
  bins(): Bin[] {
    const bits = Uint32Array.from({ length: BINS }, (_, bin) => bin << SHIFT | MIDDLE);
    const values = new Float32Array(bits.buffer);
    const all = Array.from(this.#counts, (count, bin) => ({ value: values[bin] as number, count }));
    return all.filter(({ value, count }) => count > 0 && Number.isFinite(value))
      .sort((a, b) => a.value - b.value);
  }
}
