/**
 * The life of one stream: its state, last access, errors and watchers.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import type { StreamError, StreamState } from "../protocol/session.ts";

const TRANSITIONS: Readonly<Record<StreamState, readonly StreamState[]>> = {
  idle: ["starting"],
  starting: ["active", "failed"],
  active: ["stopping", "idle", "failed"],
  stopping: ["idle", "failed"],
  failed: ["starting", "idle"],
};

/** Thrown for a transition that a stream cannot make; the stream stays as it was. */
export class InvalidTransitionError extends NamedError {
  /** The message names both states: where the stream is, and where it was to go. */
  constructor(from: StreamState, to: StreamState) {
    super(`Cannot change the state of a stream from ${from} to ${to}`);
  }
}

/**
 * A state machine with its last access, errors and viewers.
 *
 * `idle → starting → active → stopping → idle`; `active → idle` when no frame has come for a while; `failed` from
 * `starting`, `active` and `stopping`, and from there to `starting` or `idle`.
 */
export class StreamLifecycle {
  /** Called after each change of the state. */
  onStateChange: ((from: StreamState, to: StreamState) => void) | undefined;
  /** Called after each change of the number of viewers. */
  onClientsChange: ((count: number) => void) | undefined;
  #state: StreamState = "idle";
  #lastAccess = Date.now();
  #lastTouch = performance.now();
  #errorCount = 0;
  #lastError: Readonly<StreamError> | null = null;
  #clientCount = 0;

  /** Where the stream stands. */
  get state(): StreamState {
    return this.#state;
  }

  /** When the stream was last used, in milliseconds since the epoch. */
  get lastAccess(): number {
    return this.#lastAccess;
  }

  /** Errors so far. */
  get errorCount(): number {
    return this.#errorCount;
  }

  /** The newest error; `null` when there was none. */
  get lastError(): Readonly<StreamError> | null {
    return this.#lastError;
  }

  /** Viewers that watch the stream now, its producer not among them. */
  get clientCount(): number {
    return this.#clientCount;
  }

  /** Whether the stream may go to a state from where it is. */
  canTransitionTo(next: StreamState): boolean {
    return TRANSITIONS[this.#state].includes(next);
  }

  /**
   * Goes to a state.
   *
   * @throws {InvalidTransitionError} If it cannot be reached from where the stream is; nothing changes then
   */
  transitionTo(next: StreamState): void {
    if (!this.canTransitionTo(next)) throw new InvalidTransitionError(this.#state, next);
    const previous = this.#state;
    this.#state = next;
    this.touch();
    this.onStateChange?.(previous, next);
  }

  /** Notes that the stream was used just now. */
  touch(): void {
    this.#lastAccess = Date.now();
    this.#lastTouch = performance.now();
  }

  /** Counts an error and keeps it as the newest. */
  recordError(code: string, detail: string): void {
    this.#errorCount += 1;
    this.#lastError = Object.freeze({ code, detail });
  }

  /** Counts a viewer in. */
  incrementClients(): void {
    this.#clientCount += 1;
    this.touch();
    this.onClientsChange?.(this.#clientCount);
  }

  /** Counts a viewer out; never below 0. */
  decrementClients(): void {
    this.#clientCount = Math.max(0, this.#clientCount - 1);
    this.touch();
    this.onClientsChange?.(this.#clientCount);
  }

  /** Milliseconds since the stream was last used. */
  idleDuration(): number {
    return performance.now() - this.#lastTouch;
  }

  /**
   * Whether nobody watches the stream and nothing has happened to it for longer than the grace period.
   *
   * @param gracePeriodMs Milliseconds
   */
  shouldCleanup(gracePeriodMs: number): boolean {
    return this.#clientCount === 0 && this.idleDuration() > gracePeriodMs;
  }
}
