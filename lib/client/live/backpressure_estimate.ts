/** Tells from the answers how hard the server finds it to keep up. */

import type { ServerMessage } from "../../protocol/stream.ts";

/** The server's own words for it. */
export type BackpressureEstimateState = "normal" | "warning" | "critical";

/** The server judges by as many answers. */
const WINDOW = 30;
/** Answers before which there is no judgement. */
const FEWEST_ANSWERS = 10;
/** The server's default for a share of dropped frames that is worth a warning. */
const WARNING_DROP_RATE = 0.1;
/** `slow_down` is repeated every 5 s while it is meant, and may come a little late. */
const CRITICAL_MS = 6000;

/**
 * The server's backpressure state, as far as the client can tell: it is not told, but sees the same answers.
 *
 * `critical` follows the server's own word, `slow_down`; `warning` is judged by the server's default threshold.
 * All times are milliseconds on one clock that never goes back.
 */
export class BackpressureEstimate {
  #drops: boolean[] = [];
  #lastSlowDown = -Infinity;

  /** Notes a message of the server. */
  received(message: ServerMessage, now: number): void {
    if ("warning" in message) this.#lastSlowDown = now;
    if ("frame_index" in message) {
      this.#drops = [...this.#drops, "dropped" in message].slice(-WINDOW);
    }
  }

  /** The state at the time `now`. */
  state(now: number): BackpressureEstimateState {
    if (now - this.#lastSlowDown < CRITICAL_MS) return "critical";
    const { length } = this.#drops;
    const share = this.#drops.filter((dropped) => dropped).length / length;
    return length >= FEWEST_ANSWERS && share > WARNING_DROP_RATE ? "warning" : "normal";
  }
}
