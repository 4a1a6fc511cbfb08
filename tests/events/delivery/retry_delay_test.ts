import { expect } from "expect";
import fc from "fast-check";
import { MOST_FAILING_MS, retryDelay } from "../../../lib/events/delivery/retry_delay.ts";

Deno.test("an event is tried again after 1, 5, 25 … seconds, then every hour, for exactly a day", () => {
  const waits: number[] = [];
  let failingMs = 0;
  for (let failures = 1;; failures++) {
    const wait = retryDelay(failures, failingMs);
    if (wait === undefined) break;
    waits.push(wait / 1000);
    failingMs += wait;
  }
  expect(waits).toEqual([1, 5, 25, 125, 625, 3125, ...Array(22).fill(3600), 3294]);
  expect(failingMs).toBe(86_400_000);
});

Deno.test("waits are never longer than what is left of the day, whatever the clock does", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 1000 }),
    fc.integer({ min: -1e12, max: 1e12 }),
    fc.integer({ min: 1, max: 10_000 }),
    (failures, failingMs, firstMs) => {
      const wait = retryDelay(failures, failingMs, firstMs);
      if (failingMs >= MOST_FAILING_MS) return wait === undefined;
      const left = MOST_FAILING_MS - Math.max(0, failingMs);
      return wait !== undefined && wait > 0 && wait <= left &&
        [left, 3_600_000, firstMs * 5 ** (failures - 1)].includes(wait);
    },
  ));
});
