/**
 * Lets live streams go before video jobs.
 *
 * @module
 */

import type { PipelineResult } from "../client/protocol.ts";

/**
 * How many times as long as it has held up a stream a job stands back afterwards: of the time that both compete for, a job
 * takes one ninth at most.
 */
const PATIENCE = 8;

/** Longest time that a job stands back at once, in milliseconds. */
const LONGEST_HOLD_MS = 1000;

/** Time without a frame after which no stream counts as live, in milliseconds. */
const LIVE_MS = 1000;

/**
 * Knows the frames of streams that are unanswered, and how long jobs have held them up.
 *
 * A job uses the gaps between the frames of streams. Where its frame has made a stream wait, it pays for it by waiting itself,
 * so that it slows down neither a stream that sends as fast as it is answered nor one that waits for each answer.
 */
export class LiveFirst {
  readonly #unanswered = new Set<{ arrivedAt: number }>();
  #lastFrameAt = -Infinity;
  #holdUntil = -Infinity;
  #jobFrame: Promise<unknown> = Promise.resolve();

  /** Answers a frame of a stream. */
  async runStreamFrame<T>(run: () => Promise<T>): Promise<T> {
    const frame = { arrivedAt: performance.now() };
    this.#lastFrameAt = frame.arrivedAt;
    this.#unanswered.add(frame);
    try {
      return await run();
    } finally {
      this.#unanswered.delete(frame);
    }
  }

  /**
   * Looks at a frame of a job when it may; beside live streams, one frame of all jobs at a time.
   *
   * @param run Resolves with a result whose `timings_ms.wait` tells how long no worker was free for it
   * @throws The reason of `signal`, if it is aborted before the frame's turn comes
   */
  runJobFrame(
    run: () => Promise<PipelineResult>,
    signal: AbortSignal,
  ): Promise<PipelineResult> {
    const isLive = performance.now() - this.#lastFrameAt < LIVE_MS;
    const before = isLive ? this.#jobFrame : Promise.resolve();
    const result = before.then(() => this.#standBack(signal)).then(() => this.#measure(run));
    this.#jobFrame = result.catch(() => {});
    return result;
  }

  async #standBack(signal: AbortSignal): Promise<void> {
    for (let left; (left = this.#holdUntil - performance.now()) > 0;) {
      await sleep(left, signal);
    }
    signal.throwIfAborted();
  }

  async #measure(run: () => Promise<PipelineResult>): Promise<PipelineResult> {
    const askedAt = performance.now();
    const result = await run();
    const startedAt = askedAt + result.timings_ms.wait;
    const firstArrival = Math.min(...this.#unanswered.values().map(({ arrivedAt }) => arrivedAt));
    const endedAt = performance.now();
    const delay = endedAt - Math.max(startedAt, firstArrival);
    if (delay > 0) this.#holdUntil = endedAt + Math.min(delay * PATIENCE, LONGEST_HOLD_MS);
    return result;
  }
}

async function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, milliseconds);
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}
