/** Leaves out packets of a source that has got ahead of the decoder. */

/** Lag from which on packets are left out, in milliseconds. */
const TOO_LATE_MS = 1500;

/** Lag at which decoding begins anew. */
const IN_TIME_MS = 300;

/** After so long, what seemed to be lag is taken for a change of the source's clock. */
const PATIENCE_MS = 5000;

/** How fast an old measure of the shortest way is forgotten, since no two clocks run alike: milliseconds for each of them. */
const CLOCK_DRIFT = 0.001;

/**
 * Watches how late packets are, compared with the earliest so far, and says which to leave out when they are too late: all up to a
 * keyframe that is in time again. So a decoder that is too slow, or was held up, jumps to what the source shows now.
 */
export class CatchingUp {
  #earliest = Infinity;
  #lookedAtMs = 0;
  #skippingSinceMs: number | undefined;

  /**
   * Whether a packet is to be left out.
   *
   * @param timeMs As the source has it
   * @param nowMs When it arrived, by the clock of this machine
   */
  skips({ timeMs, nowMs, isKey }: { timeMs: number; nowMs: number; isKey: boolean }): boolean {
    const way = nowMs - timeMs;
    if (this.#earliest !== Infinity) {
      this.#earliest += CLOCK_DRIFT * (nowMs - this.#lookedAtMs);
    }
    this.#lookedAtMs = nowMs;
    this.#earliest = Math.min(this.#earliest, way);
    const lag = way - this.#earliest;
    if (this.#skippingSinceMs === undefined) {
      if (lag > TOO_LATE_MS) this.#skippingSinceMs = nowMs;
    } else if (isKey) {
      const isNewClock = nowMs - this.#skippingSinceMs > PATIENCE_MS;
      if (isNewClock) this.#earliest = way;
      if (isNewClock || lag < IN_TIME_MS) this.#skippingSinceMs = undefined;
    }
    return this.#skippingSinceMs !== undefined;
  }
}
