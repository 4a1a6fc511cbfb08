/**
 * Decides which frames to drop so that a stream never falls behind, and always recovers.
 *
 * @module
 */

import type { BackpressureState } from "../protocol/session.ts";
import { ExponentialAverage } from "./exponential_average.ts";

/** The drop rates, 0 to 1, above which a session changes its state. */
export interface BackpressureThresholds {
  /** Above it a session is in `warning`, and drops frames while its pipeline is busy. */
  dropThreshold: number;
  /** Above it a session is `critical`, and its client is asked to slow down. */
  slowdownThreshold: number;
}

const MIN_INTERVAL_MS = 10;
const MAX_INTERVAL_MS = 1000;
const INITIAL_INTERVAL_MS = 100;
const SLOW_DOWN_REPEAT_MS = 5000;

/**
 * Whether a new frame is dropped at once.
 *
 * A frame that finds the pipeline idle is never dropped, whatever the drop rate: this is what makes recovery certain.
 *
 * @param processingTimeMs How long the pipeline is expected to stay busy; 0 when it is idle
 * @param frameIntervalMs Smoothed gap between arrivals
 * @param recentDropRate Share of recent frames that were dropped, 0 to 1
 * @param dropThreshold Share above which a busy pipeline drops, 0 to 1
 */
export function shouldDrop(
  processingTimeMs: number,
  frameIntervalMs: number,
  recentDropRate: number,
  dropThreshold: number,
): boolean {
  return processingTimeMs > 0 &&
    (processingTimeMs > frameIntervalMs || recentDropRate > dropThreshold);
}

/** The state that goes with a recent drop rate; a rate equal to a threshold is not yet above it. */
export function backpressureState(
  recentDropRate: number,
  { dropThreshold, slowdownThreshold }: BackpressureThresholds,
): BackpressureState {
  if (recentDropRate > slowdownThreshold) return "critical";
  return recentDropRate > dropThreshold ? "warning" : "normal";
}

/**
 * What one session knows of its timing: the gap between frames, the time the pipeline takes, and when it last asked the
 * client to slow down.
 *
 * All times are monotonic milliseconds, given by the caller.
 */
export class Backpressure {
  readonly #interval = new ExponentialAverage();
  readonly #processing = new ExponentialAverage();
  #lastArrival: number | undefined;
  #lastSlowDown: number | undefined;

  /** Notes that a valid frame arrived. */
  frameArrived(now: number): void {
    if (this.#lastArrival !== undefined) {
      const gap = Math.min(MAX_INTERVAL_MS, Math.max(MIN_INTERVAL_MS, now - this.#lastArrival));
      this.#interval.add(gap);
    }
    this.#lastArrival = now;
  }

  /** Notes how long a frame took from its start to its answer. */
  frameProcessed(durationMs: number): void {
    this.#processing.add(durationMs);
  }

  /** Smoothed gap between arrivals, 10 to 1000; 100 before two frames came. */
  get frameIntervalMs(): number {
    return this.#interval.value ?? INITIAL_INTERVAL_MS;
  }

  /**
   * How long the pipeline is expected to stay busy with this session.
   *
   * @param startedAt When the frame in flight was started; `undefined` when none is
   * @returns 0 when idle, else at least 1
   */
  expectedBusyMs(startedAt: number | undefined, now: number): number {
    if (startedAt === undefined) return 0;
    return Math.max(1, (this.#processing.value ?? 0) - (now - startedAt));
  }

  /** Whether to drop a frame that arrived just now; see {@linkcode shouldDrop}. */
  shouldDropFrame(
    processingTimeMs: number,
    recentDropRate: number,
    dropThreshold: number,
  ): boolean {
    return shouldDrop(processingTimeMs, this.frameIntervalMs, recentDropRate, dropThreshold);
  }

  /**
   * Whether to ask the client to slow down: on entering `critical` and every 5 s while it lasts.
   *
   * A `true` counts as having asked, so the next one comes 5 s later, or after the state was left.
   */
  shouldSlowDown(state: BackpressureState, now: number): boolean {
    if (state !== "critical") {
      this.#lastSlowDown = undefined;
      return false;
    }
    if (this.#lastSlowDown !== undefined && now - this.#lastSlowDown < SLOW_DOWN_REPEAT_MS) {
      return false;
    }
    this.#lastSlowDown = now;
    return true;
  }
}
