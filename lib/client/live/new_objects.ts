/** Says what has come into view, seldom enough to be listened to. */

/** Time between two announcements. */
const INTERVAL_MS = 5000;
/** An object that was away for as long is news when it comes back. */
const FORGET_MS = 10_000;

/**
 * Makes announcements of new objects for screen readers, at most one in 5 seconds.
 *
 * All times are milliseconds on one clock that never goes back.
 */
export class NewObjectAnnouncer {
  readonly #lastSeen = new Map<string, number>();
  readonly #news = new Set<string>();
  #announcement = "";
  #announcedAt = -Infinity;

  /**
   * Takes in what is seen now.
   *
   * @param labels Names of the classes.
   * @returns What the live region holds: an announcement for 5 seconds, then nothing, so that the same one can be made
   * again. What is gone before its turn is not announced.
   */
  update(labels: readonly string[], now: number): string {
    for (const label of labels) {
      if (now - (this.#lastSeen.get(label) ?? -Infinity) > FORGET_MS) this.#news.add(label);
      this.#lastSeen.set(label, now);
    }
    for (const label of this.#news) if (!labels.includes(label)) this.#forget(label);
    if (now - this.#announcedAt < INTERVAL_MS) return this.#announcement;
    this.#announcement = this.#news.size === 0 ? "" : `In view: ${[...this.#news].join(", ")}`;
    if (this.#news.size > 0) this.#announcedAt = now;
    this.#news.clear();
    return this.#announcement;
  }

  #forget(label: string): void {
    this.#news.delete(label);
    this.#lastSeen.delete(label);
  }
}
