/** A launcher such as npx delivers the same signal a second time within this time, in milliseconds. */
const SAME_SIGNAL_MS = 500;

/** The signals, and their numbers. */
const SIGNALS: readonly [Deno.Signal, number][] = Deno.build.os === "windows"
  ? [["SIGINT", 2], ["SIGBREAK", 21]]
  : [["SIGINT", 2], ["SIGTERM", 15]];

/**
 * Resolves on the first SIGINT or SIGTERM; a second one ends the process at once, with the exit code that tells of it.
 *
 * @param timeoutMs How long the process may go on after the first; then it ends with exit code 0, whatever hangs
 */
export function untilAskedToStop(timeoutMs?: number): Promise<Deno.Signal> {
  const { promise, resolve } = Promise.withResolvers<Deno.Signal>();
  let askedAt: number | undefined;
  for (const [signal, number] of SIGNALS) {
    Deno.addSignalListener(signal, () => {
      const now = performance.now();
      if (askedAt === undefined) {
        askedAt = now;
        if (timeoutMs !== undefined) setTimeout(() => Deno.exit(0), timeoutMs);
        resolve(signal);
      } else if (now - askedAt > SAME_SIGNAL_MS) {
        Deno.exit(128 + number);
      }
    });
  }
  return promise;
}
