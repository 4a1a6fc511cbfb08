/** Keeps the recent part of a series, to tell rates and percentiles of the last seconds. */

/** Options for {@linkcode RollingWindow}. */
export interface RollingWindowOptions {
  /**
   * How far the window reaches back, in milliseconds.
   *
   * @default {3000}
   */
  lengthMs?: number;
}

/** The shortest span that a rate is told of: one early sample is not a rate. */
const SHORTEST_SPAN_MS = 1000;

interface Sample {
  time: number;
  value: number;
}

/**
 * The samples of the last few seconds of one series.
 *
 * All times are milliseconds on one clock that never goes back, such as `performance.now()`.
 *
 * @example Frames per second
 * ```ts
 * const answers = new RollingWindow();
 * for (let time = 0; time < 3000; time += 100) answers.add(1, time);
 * answers.rate(3000); // 10
 * ```
 */
export class RollingWindow {
  readonly #lengthMs: number;
  #samples: Sample[] = [];
  #startedAt: number | undefined;

  /**
   * Begins without samples.
   *
   * @throws {RangeError} If `lengthMs` is not a positive number.
   */
  constructor({ lengthMs = 3000 }: RollingWindowOptions = {}) {
    if (!(lengthMs > 0)) {
      throw new RangeError(`Cannot keep a window of ${lengthMs} ms: expected a positive length`);
    }
    this.#lengthMs = lengthMs;
  }

  /** Adds one sample, taken at the time `now`. */
  add(value: number, now: number): void {
    this.#startedAt ??= now;
    this.#forget(now);
    this.#samples.push({ time: now, value });
  }

  /** Number of samples in the window. */
  count(now: number): number {
    this.#forget(now);
    return this.#samples.length;
  }

  /** Sum of the samples in the window. */
  sum(now: number): number {
    this.#forget(now);
    return this.#samples.reduce((sum, { value }) => sum + value, 0);
  }

  /** Samples a second, over the window or the time since the first sample where that is shorter. */
  rate(now: number): number {
    return this.count(now) / this.#spanSeconds(now);
  }

  /** Sum of the samples a second, over the same span as {@linkcode rate}. */
  sumRate(now: number): number {
    return this.sum(now) / this.#spanSeconds(now);
  }

  /**
   * The smallest sample that at least `share` of all samples do not exceed (nearest-rank method).
   *
   * @param share Between 0 and 1; 0.5 is the median.
   * @returns `null` when the window is empty.
   */
  percentile(share: number, now: number): number | null {
    this.#forget(now);
    const sorted = this.#samples.map(({ value }) => value).sort((a, b) => a - b);
    return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null;
  }

  /** Forgets all samples, and when the series began. */
  clear(): void {
    this.#samples = [];
    this.#startedAt = undefined;
  }

  #spanSeconds(now: number): number {
    const age = now - (this.#startedAt ?? now);
    return Math.min(Math.max(age, SHORTEST_SPAN_MS), this.#lengthMs) / 1000;
  }

  #forget(now: number): void {
    const kept = this.#samples.findIndex(({ time }) => time > now - this.#lengthMs);
    this.#samples.splice(0, kept === -1 ? this.#samples.length : kept);
  }
}
