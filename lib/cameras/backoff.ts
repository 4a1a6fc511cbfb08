/**
 * How long a camera waits before it is tried again.
 *
 * @module
 */

const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** A camera that has been active for so long starts anew with the shortest wait. */
const GOOD_MS = 10_000;

/** The waits after failures: 1, 2, 4 … 60 s. */
export class Backoff {
  #nextMs = FIRST_MS;

  /**
   * The wait after a failure.
   *
   * @param activeMs For how long the camera had been active when it failed, in milliseconds
   * @returns In milliseconds
   */
  next(activeMs: number): number {
    const wait = activeMs >= GOOD_MS ? FIRST_MS : this.#nextMs;
    this.#nextMs = Math.min(2 * wait, LONGEST_MS);
    return wait;
  }
}

/** Waits, or less long if the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  if (signal.aborted) return Promise.resolve();
  const timer = setTimeout(resolve, milliseconds);
  const stop = () => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
