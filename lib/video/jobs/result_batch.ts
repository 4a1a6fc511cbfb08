/**
 * Collects results, so that many are stored at once.
 *
 * @module
 */

import type { VideoFrameResult } from "./job.ts";

/** Limits of {@linkcode ResultBatch}; the first one that is reached counts. */
export interface ResultBatchOptions {
  /**
   * Most results.
   *
   * @default {25}
   */
  maxResults?: number;
  /**
   * Longest time that the first one waits, in milliseconds.
   *
   * @default {500}
   */
  maxWaitMs?: number;
}

/** Results that are not stored yet. */
export class ResultBatch {
  readonly #maxResults: number;
  readonly #maxWaitMs: number;
  #results: VideoFrameResult[] = [];
  #startedAt = 0;

  /** Begins without results. */
  constructor({ maxResults = 25, maxWaitMs = 500 }: ResultBatchOptions = {}) {
    this.#maxResults = maxResults;
    this.#maxWaitMs = maxWaitMs;
  }

  /** Adds one result. */
  add(result: VideoFrameResult): void {
    if (this.#results.length === 0) this.#startedAt = performance.now();
    this.#results.push(result);
  }

  /** Whether it is time to store the results. */
  get isDue(): boolean {
    const { length } = this.#results;
    return length >= this.#maxResults ||
      (length > 0 && performance.now() - this.#startedAt >= this.#maxWaitMs);
  }

  /** The results, in the order in which they were added. */
  get all(): readonly VideoFrameResult[] {
    return this.#results;
  }

  /** Forgets the results, once they are stored. */
  clear(): void {
    this.#results = [];
  }
}
