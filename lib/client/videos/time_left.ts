/** How much of some work was done at a time. */
interface Sample {
  /** Frames done. */
  done: number;
  /** In milliseconds. */
  at: number;
}

/** Work is watched for so long before anything is said about its rest. */
const LEAST_MS = 3000;

/** How far back the pace is measured, so that a changed pace tells. */
const LOOK_BACK_MS = 30_000;

/** Tells how long the rest of some work will take, from the pace of what is done. */
export class TimeLeft {
  #samples: Sample[] = [];

  /**
   * Takes in how far the work is.
   *
   * @param done Frames done; less than before where it began anew
   * @param total Frames to do
   * @param now In milliseconds
   * @returns Seconds; `null` while that is not known
   */
  update(done: number, total: number, now: number): number | null {
    const latest = this.#samples.at(-1);
    if (latest !== undefined && done < latest.done) this.#samples = [];
    if (latest?.done !== done) this.#samples.push({ done, at: now });
    while (this.#samples.length > 2 && now - (this.#samples[1]?.at ?? now) > LOOK_BACK_MS) {
      this.#samples.shift();
    }
    const [first] = this.#samples;
    if (first === undefined || now - first.at < LEAST_MS || done === first.done) return null;
    const pace = (done - first.done) / (now - first.at);
    return Math.max(0, total - done) / pace / 1000;
  }
}

/** A time to come as people say it: `about 5 min left`. */
export function formatTimeLeft(seconds: number): string {
  if (seconds < 60) return "less than a minute left";
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${minutes}\u00a0min left`;
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return rest === 0 ? `about ${hours}\u00a0h left` : `about ${hours}\u00a0h ${rest}\u00a0min left`;
}
