import { AsyncQueue } from "./async_queue.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { StreamFailure } from "./failure.ts";
import { streamError } from "./livesyte_error.ts";
import type { ResultMessage } from "./messages.ts";

/** What somebody else's stream has found in a frame. */
export interface ViewedResult extends ResultMessage {
  /** The frame as JPEG; `null` unless frames were asked for, and where the server left it out because this viewer is behind. */
  frame: ArrayBuffer | null;
}

/** Options for {@linkcode Viewer}. */
export interface ViewerOptions
  extends Pick<ConnectionOptions, "attempts" | "isRefused" | "WebSocket"> {
  /** Called when the connection is lost, with what comes next; `attempt` is `null` when there is no more to be seen. */
  onFailure?: (failure: StreamFailure) => void;
}

/** Results that may wait to be read; then the oldest is forgotten. */
const MAXIMUM_WAITING = 16;

/**
 * Follows a stream that somebody else sends.
 *
 * Iterating gives its results until it ends; leaving the loop closes the viewer. Whoever reads too slowly misses some.
 */
export class Viewer implements AsyncIterable<ViewedResult, undefined> {
  readonly #connection: Connection;
  readonly #results: AsyncQueue<ViewedResult>;
  readonly #onFailure: (failure: StreamFailure) => void;
  /** The result whose frame is to come. */
  #awaitsFrame: ResultMessage | null = null;

  /**
   * Connects to the address of a stream for viewers.
   *
   * @param frames Whether the address asks for frames.
   */
  constructor(
    url: string,
    frames: boolean,
    { onFailure = () => {}, ...options }: ViewerOptions,
  ) {
    this.#onFailure = onFailure;
    this.#results = new AsyncQueue({ take: () => {}, leave: () => this.close() });
    this.#connection = new Connection({
      ...options,
      onConnecting: () => this.#awaitsFrame = null,
      onMessage: (message) => {
        this.#take(null);
        if (!("result" in message)) return;
        this.#awaitsFrame = message;
        if (!frames) this.#take(null);
      },
      onFrame: (jpeg) => this.#take(jpeg),
      onFailure: (failure) => this.#fail(failure),
    });
    this.#connection.connect(url);
  }

  /** Follows the stream no longer; iterating ends after the results that have come. */
  close(): void {
    this.#connection.disconnect();
    this.#results.end();
  }

  /** The results, which all who iterate share. */
  [Symbol.asyncIterator](): AsyncIterator<ViewedResult, undefined> {
    return this.#results;
  }

  #take(frame: ArrayBuffer | null): void {
    const message = this.#awaitsFrame;
    this.#awaitsFrame = null;
    if (message === null) return;
    if (this.#results.size >= MAXIMUM_WAITING) this.#results.dropOldest();
    this.#results.push({ ...message, frame });
  }

  #fail(failure: StreamFailure): void {
    this.#take(null);
    this.#onFailure(failure);
    if (failure.attempt !== null) return;
    this.#connection.disconnect();
    this.#results.end(failure.code === "stream_ended" ? null : streamError(failure));
  }
}
