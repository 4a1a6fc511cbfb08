/**
 * The events that a target has refused, each of which is tried again at a time of its own.
 *
 * @module
 */

import { retryDelay } from "./retry_delay.ts";

/** When one of them is tried again. */
interface NextAttempt {
  /** How often it has been refused. */
  refusals: number;
  /** By `performance.now()`. */
  dueMs: number;
}

/** Remembers them by their keys in the outbox, until they have left it. After a restart, each is tried at once. */
export class RefusedEvents {
  readonly #byKey = new Map<number, NextAttempt>();
  readonly #firstRetryMs: number;

  /**
   * Begins with none.
   *
   * @param firstRetryMs The first wait, in milliseconds
   */
  constructor(firstRetryMs: number) {
    this.#firstRetryMs = firstRetryMs;
  }

  /** How many there are. */
  get size(): number {
    return this.#byKey.size;
  }

  /**
   * Notes that one has been refused.
   *
   * @param failingMs For how long it has been failing, in milliseconds
   * @returns Whether it is tried again; if not, a day has passed
   */
  add(key: number, failingMs: number): boolean {
    const refusals = (this.#byKey.get(key)?.refusals ?? 0) + 1;
    const delay = retryDelay(refusals, failingMs, this.#firstRetryMs);
    if (delay === undefined) return false;
    this.#byKey.set(key, { refusals, dueMs: performance.now() + delay });
    return true;
  }

  /** Forgets one that has left the outbox. */
  delete(key: number): void {
    this.#byKey.delete(key);
  }

  /** Those whose time has not come. */
  waiting(): number[] {
    const now = performance.now();
    return Array.from(this.#byKey).filter(([, { dueMs }]) => dueMs > now).map(([key]) => key);
  }

  /** How long until the next one's time has come, in milliseconds; infinite if there is none, 0 if it has come. */
  untilNext(): number {
    let next = Infinity;
    for (const { dueMs } of this.#byKey.values()) next = Math.min(next, dueMs);
    return Math.max(0, next - performance.now());
  }

  /** Forgets those that are not among some. */
  keepOnly(keys: readonly number[]): void {
    const kept = new Set(keys);
    for (const key of this.#byKey.keys()) if (!kept.has(key)) this.#byKey.delete(key);
  }
}
