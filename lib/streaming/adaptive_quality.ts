/**
 * Makes the detector's input smaller while a session cannot keep up, and larger again when it can.
 *
 * @module
 */

import type { Quality } from "../protocol/result.ts";
import type { BackpressureState } from "../protocol/session.ts";

const STEPS = [
  { width: 640, height: 480 },
  { width: 512, height: 384 },
  { width: 416, height: 320 },
  { width: 320, height: 256 },
];
const STEP_DOWN_AFTER_MS = 2000;
const STEP_UP_AFTER_MS = 10_000;

/** The ladder below a detector input: it comes first, then every standard step that is smaller in both directions. */
export function qualityLadder(top: { width: number; height: number }): readonly Quality[] {
  const smaller = STEPS.filter(({ width, height }) => width < top.width && height < top.height);
  return [top, ...smaller].map(({ width, height }, level) =>
    Object.freeze({ level, width, height })
  );
}

/**
 * Goes down a step after 2 s in `warning` or worse, and up a step after 10 s of `normal`.
 *
 * Both times begin anew with each step, so that a step is given time to show.
 */
export class AdaptiveQuality {
  readonly #ladder: readonly Quality[];
  #level = 0;
  #isOverloaded = false;
  #since: number;

  /**
   * Begins with the best step.
   *
   * @param ladder At least one step, best first
   * @param now Monotonic milliseconds
   */
  constructor(ladder: readonly Quality[], now: number) {
    if (ladder.length === 0) throw new RangeError("Cannot choose from a ladder without steps");
    this.#ladder = ladder;
    this.#since = now;
  }

  /** The step in use. */
  get current(): Quality {
    return this.#ladder[this.#level];
  }

  /**
   * Takes in the session's state, and changes the step when it has lasted long enough.
   *
   * @param now Monotonic milliseconds
   */
  update(state: BackpressureState, now: number): void {
    const isOverloaded = state !== "normal";
    if (isOverloaded !== this.#isOverloaded) {
      this.#isOverloaded = isOverloaded;
      this.#since = now;
      return;
    }
    const needed = isOverloaded ? STEP_DOWN_AFTER_MS : STEP_UP_AFTER_MS;
    if (now - this.#since < needed) return;
    const level = this.#level + (isOverloaded ? 1 : -1);
    this.#level = Math.min(this.#ladder.length - 1, Math.max(0, level));
    this.#since = now;
  }
}
