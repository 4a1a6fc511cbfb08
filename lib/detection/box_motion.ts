import type { BoundingBox } from "../protocol/geometry.ts";
import type { Corners } from "../image/boxes.ts";

/** A quantity that changes at a steady rate, and how well both are known. */
interface Estimate {
  value: number;
  /** Change in a frame. */
  rate: number;
  variance: number;
  rateVariance: number;
  covariance: number;
}

/** Deviations are those of frames of this length, in milliseconds. */
const FRAME_MS = 1000 / 30;
/** Standard deviation of a measured quantity, and of its own change in a frame, in sizes of the box. */
const DEVIATION = 1 / 20;
/** Standard deviation of the change of a rate in a frame, in sizes of the box. */
const RATE_DEVIATION = 1 / 160;
/** Boxes are at least so wide and high, in pixels, so that no deviation is 0. */
const LEAST_SIZE = 1;

/**
 * Where a box is, and where it is going: a Kalman filter for its middle and its size, each at a steady rate.
 *
 * The noise is that of ByteTrack (Zhang et al. 2022), and width and height are followed as in BoT-SORT (Aharon et al. 2022).
 * Nothing in this mixes x, y, width and height, so that four small filters are the same as their large one. Time is real, and
 * steps may have any length.
 */
export class BoxMotion {
  readonly #x: Estimate;
  readonly #y: Estimate;
  readonly #width: Estimate;
  readonly #height: Estimate;

  /** Begins at rest. */
  constructor(box: BoundingBox) {
    const { x, y, width, height } = measure(box);
    this.#x = begin(x, width);
    this.#y = begin(y, height);
    this.#width = begin(width, width);
    this.#height = begin(height, height);
  }

  /** Where the box should be. */
  get corners(): Corners {
    const [halfWidth, halfHeight] = [this.#sizes.width / 2, this.#sizes.height / 2];
    return {
      left: this.#x.value - halfWidth,
      top: this.#y.value - halfHeight,
      right: this.#x.value + halfWidth,
      bottom: this.#y.value + halfHeight,
    };
  }

  /**
   * Lets time pass.
   *
   * @param elapsedMs 0 or more.
   * @param isHidden Whether the box was not seen last; it keeps its size then, which may have shrunk as it went out of sight.
   */
  predict(elapsedMs: number, isHidden = false): void {
    if (isHidden) this.#width.rate = this.#height.rate = 0;
    const frames = elapsedMs / FRAME_MS;
    const { width, height } = this.#sizes;
    move(this.#x, frames, width);
    move(this.#y, frames, height);
    move(this.#width, frames, width);
    move(this.#height, frames, height);
  }

  /** Takes in where the box has been seen. */
  correct(box: BoundingBox): void {
    const seen = measure(box);
    const { width, height } = this.#sizes;
    adjust(this.#x, seen.x, width);
    adjust(this.#y, seen.y, height);
    adjust(this.#width, seen.width, width);
    adjust(this.#height, seen.height, height);
  }

  get #sizes() {
    return {
      width: Math.max(LEAST_SIZE, this.#width.value),
      height: Math.max(LEAST_SIZE, this.#height.value),
    };
  }
}

function measure([left, top, width, height]: BoundingBox) {
  return {
    x: left + width / 2,
    y: top + height / 2,
    width: Math.max(LEAST_SIZE, width),
    height: Math.max(LEAST_SIZE, height),
  };
}

function begin(value: number, size: number): Estimate {
  const variance = (2 * DEVIATION * size) ** 2;
  return {
    value,
    rate: 0,
    variance,
    rateVariance: (10 * RATE_DEVIATION * size) ** 2,
    covariance: 0,
  };
}

/** Makes a step of any length: two short ones come to the same as one long one. */
function move(estimate: Estimate, frames: number, size: number): void {
  const { rate, rateVariance, covariance } = estimate;
  const [noise, rateNoise] = [(DEVIATION * size) ** 2, (RATE_DEVIATION * size) ** 2];
  estimate.value += rate * frames;
  estimate.variance += 2 * covariance * frames + rateVariance * frames ** 2 +
    noise * frames + rateNoise * frames ** 3 / 3;
  estimate.covariance += rateVariance * frames + rateNoise * frames ** 2 / 2;
  estimate.rateVariance += rateNoise * frames;
}

function adjust(estimate: Estimate, measured: number, size: number): void {
  const { value, variance, covariance } = estimate;
  const total = variance + (DEVIATION * size) ** 2;
  const [gain, rateGain] = [variance / total, covariance / total];
  estimate.value += gain * (measured - value);
  estimate.rate += rateGain * (measured - value);
  estimate.variance -= gain * variance;
  estimate.covariance -= gain * covariance;
  estimate.rateVariance -= rateGain * covariance;
}
