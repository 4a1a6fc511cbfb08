/** Figures of the running stream, for the status and the diagnostics. */

import { BackpressureEstimate, type BackpressureEstimateState } from "./backpressure_estimate.ts";
import type { StageTimings } from "../../protocol/result.ts";
import type { ServerMessage } from "../../protocol/stream.ts";
import { RollingWindow } from "./rolling_window.ts";

/** Figures of the last seconds of a stream. */
export interface StreamStatistics {
  /** Frames a second that the throttle allows. */
  target_fps: number;
  /** Frames captured and sent, a second. */
  sent_fps: number;
  /** Frames answered with a result, a second. */
  answered_fps: number;
  /** Share of the answered frames that were dropped, in the last 10 seconds; between 0 and 1. */
  drop_rate: number;
  /** How hard the server finds it to keep up, as far as the client can tell. */
  backpressure: BackpressureEstimateState;
  /** JPEG bytes sent, a second. */
  bytes_per_second: number;
  /** Median time from sending a frame to its result, in the last 10 seconds; `null` before the first. */
  round_trip_p50_ms: number | null;
  /** The same, 95th percentile. */
  round_trip_p95_ms: number | null;
  /** Mean time of each stage on the server, in the last 10 seconds; `null` before the first result. */
  stages_ms: StageTimings | null;
}

const STAGES = ["wait", "decode", "detect", "ocr", "total"] as const;
const LONG = { lengthMs: 10_000 };

/**
 * Gathers the figures of one stream.
 *
 * All times are milliseconds on one clock that never goes back.
 */
export class StatisticsCollector {
  readonly #sentBytes = new RollingWindow();
  readonly #results = new RollingWindow();
  readonly #drops = new RollingWindow(LONG);
  readonly #longResults = new RollingWindow(LONG);
  readonly #roundTrips = new RollingWindow(LONG);
  readonly #backpressure = new BackpressureEstimate();
  readonly #stages = STAGES.map((stage) => ({ stage, window: new RollingWindow(LONG) }));

  /** Notes a frame of `bytes` bytes that was sent. */
  sent(bytes: number, now: number): void {
    this.#sentBytes.add(bytes, now);
  }

  /** Notes a message of the server; `roundTripMs` as the client measured it. */
  received(message: ServerMessage, roundTripMs: number | null, now: number): void {
    this.#backpressure.received(message, now);
    if ("dropped" in message) this.#drops.add(1, now);
    if (!("result" in message)) return;
    this.#results.add(1, now);
    this.#longResults.add(1, now);
    if (roundTripMs !== null) this.#roundTrips.add(roundTripMs, now);
    for (const { stage, window } of this.#stages) {
      window.add(message.result.timings_ms[stage], now);
    }
  }

  /** The figures at the time `now`. */
  snapshot(targetFps: number, now: number): StreamStatistics {
    const drops = this.#drops.count(now);
    const results = this.#longResults.count(now);
    return {
      target_fps: targetFps,
      sent_fps: this.#sentBytes.rate(now),
      answered_fps: this.#results.rate(now),
      drop_rate: drops === 0 ? 0 : drops / (drops + results),
      backpressure: this.#backpressure.state(now),
      bytes_per_second: this.#sentBytes.sumRate(now),
      round_trip_p50_ms: this.#roundTrips.percentile(0.5, now),
      round_trip_p95_ms: this.#roundTrips.percentile(0.95, now),
      stages_ms: this.#meanStages(now),
    };
  }

  #meanStages(now: number): StageTimings | null {
    const timings: StageTimings = { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 };
    for (const { stage, window } of this.#stages) {
      const count = window.count(now);
      if (count === 0) return null;
      timings[stage] = window.sum(now) / count;
    }
    return timings;
  }
}
