/** Virtual time, which passes when a test says so. @module */

import FakeTimers from "@sinonjs/fake-timers";

/** Tells virtual time, and lets it pass. */
export type VirtualClock = FakeTimers.Clock;

/** The longest that a test under virtual time takes, in real milliseconds. */
const REAL_LIMIT_MS = 30_000;

const realSetTimeout = globalThis.setTimeout;

/** Starts virtual time, for tests that wait for nothing that takes real time; whoever starts it uninstalls it. */
export function startVirtualTime(): VirtualClock {
  return FakeTimers.install({
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "performance", "Date"],
  });
}

/** Runs a test under virtual time. A test that waits for what never comes fails, and leaves real time to the next one. */
export async function withVirtualTime(
  test: (clock: VirtualClock) => void | Promise<void>,
): Promise<void> {
  const hanging = Promise.withResolvers<never>();
  // Without it, nothing is left to wait for, and the runner gives the test up before the clock is put back.
  const limit = realSetTimeout(
    () => hanging.reject(new Error("Waits for what does not come with virtual time")),
    REAL_LIMIT_MS,
  );
  const clock = startVirtualTime();
  try {
    await Promise.race([test(clock), hanging.promise]);
  } finally {
    clock.uninstall();
    clearTimeout(limit);
  }
}

/** Lets virtual time pass, 50 ms in 20 real ones, until something is done that takes real time as well, such as reading a file. */
export async function passUntilDone<T>(clock: VirtualClock, result: Promise<T>): Promise<T> {
  let isDone = false;
  result.finally(() => isDone = true).catch(() => {});
  while (!isDone) {
    await clock.tickAsync(50);
    await new Promise((resolve) => realSetTimeout(resolve, 20));
  }
  return await result;
}
