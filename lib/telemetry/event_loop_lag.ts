/**
 * How late the event loop runs its timers.
 *
 * @module
 */

import { Histogram } from "prom-client";
import { metricsRegistry } from "./metrics.ts";

const INTERVAL_MS = 500;

const lag = new Histogram({
  name: "event_loop_lag_seconds",
  help: "How much later than due a timer ran",
  buckets: [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1],
  registers: [metricsRegistry],
});

/**
 * Starts measuring; prom-client's own measurement is wrong under Deno.
 *
 * @returns Ends it
 */
export function measureEventLoopLag(): () => void {
  let due = performance.now() + INTERVAL_MS;
  const timer = setInterval(() => {
    const now = performance.now();
    lag.observe(Math.max(0, now - due) / 1000);
    due = now + INTERVAL_MS;
  }, INTERVAL_MS);
  return () => clearInterval(timer);
}
