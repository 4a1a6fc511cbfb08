/**
 * All streams that are open now.
 *
 * @module
 */

import { logEvent } from "../telemetry/log.ts";
import type { Session, SessionList, StreamState } from "../protocol/session.ts";
import type { StreamSession } from "./stream_session.ts";

/** Something that happened to a session; `session` is how it was just afterwards. */
export type RegistryEvent =
  | { type: "created" | "ended"; session: Session }
  | { type: "state"; session: Session; from: StreamState; to: StreamState };

/** Options for {@linkcode SessionRegistry}. */
export interface SessionRegistryOptions {
  /** Milliseconds without a frame after which a session ends; 0 for never. */
  idleTimeoutMs: number;
  /** Milliseconds after which a session ends; 0 for never. */
  maxSessionMs: number;
}

/** How often sessions are looked at for their timeouts. */
const SWEEP_INTERVAL_MS = 1000;
/** How long an active stream may go without a frame, and without a viewer, before it counts as idle. */
const IDLE_GRACE_MS = 5000;

/**
 * The sessions by their id.
 *
 * All changes are synchronous, so they are atomic on the event loop; what it hands out cannot change it.
 */
export class SessionRegistry implements AsyncDisposable {
  readonly #options: SessionRegistryOptions;
  readonly #streams = new Map<string, StreamSession>();
  readonly #subscribers = new Set<(event: RegistryEvent) => void>();
  #sweeper: ReturnType<typeof setInterval> | undefined;

  /** Begins without sessions; while there are some, it looks at their timeouts every second. */
  constructor(options: SessionRegistryOptions) {
    this.#options = options;
  }

  /** Number of sessions. */
  get size(): number {
    return this.#streams.size;
  }

  /** Number of those whose frames a client sends, rather than a camera of the server. */
  get clientStreams(): number {
    const cameras = this.#streams.values().filter(({ session }) => session.camera !== undefined);
    return this.#streams.size - Array.from(cameras).length;
  }

  /** The stream of a session; `undefined` when there is none of that id. */
  get(sessionId: string): StreamSession | undefined {
    return this.#streams.get(sessionId);
  }

  /**
   * Adds a stream.
   *
   * @throws {RangeError} If there is one with its id already
   */
  set(stream: StreamSession): void {
    const { session } = stream;
    if (this.#streams.has(session.sessionId)) {
      throw new RangeError(`Cannot add session ${session.sessionId}: there is one with this id`);
    }
    this.#streams.set(session.sessionId, stream);
    session.onStateChange = (from, to) =>
      this.#publish({ type: "state", session: session.snapshot(), from, to });
    this.#sweeper ??= setInterval(() => this.sweep(), SWEEP_INTERVAL_MS);
    this.#publish({ type: "created", session: session.snapshot() });
  }

  /**
   * Removes a stream.
   *
   * @returns Whether it was there
   */
  delete(sessionId: string): boolean {
    const stream = this.#streams.get(sessionId);
    if (stream === undefined) return false;
    this.#streams.delete(sessionId);
    if (this.#streams.size === 0) {
      clearInterval(this.#sweeper);
      this.#sweeper = undefined;
    }
    this.#publish({ type: "ended", session: stream.session.snapshot() });
    stream.session.onStateChange = undefined;
    return true;
  }

  /** All sessions as they are now, oldest first. */
  list(): Session[] {
    return Array.from(this.#streams.values(), ({ session }) => session.snapshot());
  }

  /** Answer of `GET /sessions`. */
  toJSON(): SessionList {
    return { sessions: this.list() };
  }

  /**
   * Calls a function with every event from now on; errors that it throws are only logged.
   *
   * @returns Ends the subscription
   */
  subscribe(subscriber: (event: RegistryEvent) => void): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }

  /** Ends the streams of clients that have timed out, and marks quiet ones as idle. */
  sweep(): void {
    const { idleTimeoutMs, maxSessionMs } = this.#options;
    for (const stream of this.#streams.values()) {
      const { session } = stream;
      if (session.camera !== undefined) continue;
      if (idleTimeoutMs > 0 && stream.frameGapMs >= idleTimeoutMs) {
        stream.fail("session_timeout", `No frame received for ${idleTimeoutMs / 1000} seconds`);
      } else if (maxSessionMs > 0 && stream.ageMs >= maxSessionMs) {
        stream.fail("session_timeout", `Session exceeded ${maxSessionMs / 1000} seconds`);
      } else if (session.state === "active" && session.shouldCleanup(IDLE_GRACE_MS)) {
        session.transitionTo("idle");
      }
    }
  }

  /**
   * Ends all streams of clients, each as soon as its frame in flight has been answered; cameras end theirs themselves.
   *
   * @param timeoutMs How long those frames may take
   */
  async shutdown(timeoutMs: number): Promise<void> {
    const streams = [...this.#streams.values()].filter(({ session }) =>
      session.camera === undefined
    );
    await Promise.all(streams.map((stream) => stream.stop(timeoutMs)));
    for (const stream of streams) {
      stream.disconnected();
      this.delete(stream.session.sessionId);
    }
  }

  /** Ends all streams without waiting for their frames in flight. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown(0);
  }

  #publish(event: RegistryEvent): void {
    for (const subscriber of this.#subscribers) {
      try {
        subscriber(event);
      } catch (error) {
        logEvent("error", "server_error", "A subscriber of the sessions failed", {
          cause: String(error),
        });
      }
    }
  }
}
