import { AsyncQueue } from "./async_queue.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import type { StreamFailure } from "./failure.ts";
import { LivesyteError, streamError } from "./livesyte_error.ts";
import type { ResultMessage, ServerMessage } from "./messages.ts";

/** One complete JPEG. */
export type Jpeg = Uint8Array | ArrayBuffer | Blob;

/** A frame with what was found in it. */
export interface StreamResult extends ResultMessage {
  /** The frame, as it was given to `send`. */
  frame: Jpeg;
  /** From sending the frame to its result. */
  round_trip_ms: number;
}

/** Options for {@linkcode Stream}. */
export interface StreamOptions
  extends Pick<ConnectionOptions, "attempts" | "isRefused" | "WebSocket"> {
  /** Called when the connection is lost, with what comes next; `attempt` is `null` when the stream has ended. */
  onFailure?: (failure: StreamFailure) => void;
  /** Called when the server asks for fewer frames, because it has to drop some. */
  onSlowDown?: () => void;
}

/** How many frames of a stream ended how; those that have no answer yet are missing from the last three. */
export interface FrameCounts {
  /** Frames sent. */
  sent: number;
  /** Frames answered with a result. */
  answered: number;
  /** Frames that the server dropped, because it was too busy; none of those sent with `send`. */
  dropped: number;
  /** Frames that were under way when a connection broke. */
  lost: number;
}

/** Results that may wait to be read before no more frames are sent. */
const MAXIMUM_WAITING = 16;
/** How often to look whether the bytes of the last frame have left, of which WebSockets do not tell. */
const BUFFER_POLL_MS = 5;

/**
 * A stream of frames to a pipeline, and of results back.
 *
 * Iterating gives the results, and ends after `end` or `close`; leaving the loop closes the stream. No frames are sent while 16
 * results wait to be read. A lost connection is opened again by itself, and one that the server has ended because no frames
 * came, with the next frame: those that were under way are lost, and `frame_index` begins again with 1.
 */
export class Stream implements AsyncIterable<StreamResult, undefined> {
  readonly #connection: Connection;
  readonly #results: AsyncQueue<StreamResult>;
  readonly #options: StreamOptions;
  /** Frames that have no answer yet, by their index. */
  readonly #frames = new Map<number, Jpeg>();
  readonly #counts: FrameCounts = { sent: 0, answered: 0, dropped: 0, lost: 0 };
  #sessionId: string | null = null;
  #waiting: (() => void)[] = [];
  /** Whether the server has ended the session because no frames came; the next one opens another. */
  #isIdle = false;
  #ended: LivesyteError | null = null;

  /** Connects to the address of a pipeline's stream. */
  constructor(url: string, options: StreamOptions = {}) {
    const { onFailure: _, onSlowDown: __, ...connectionOptions } = options;
    this.#options = options;
    this.#results = new AsyncQueue({ take: () => this.#wake(), leave: () => this.close() });
    this.#connection = new Connection({
      ...connectionOptions,
      onOpen: () => this.#wake(),
      onMessage: (message, roundTripMs) => this.#receive(message, roundTripMs ?? 0),
      onFailure: (failure) => this.#fail(failure),
    });
    this.#connection.connect(url);
  }

  /** The id under which others watch the stream, as long as this object lives; `null` before the server has told it. */
  get sessionId(): string | null {
    return this.#sessionId;
  }

  /**
   * Gives the stream another name.
   *
   * @param name 1 to 80 characters of one line, of which the first is no space; the server ends the stream over any other.
   */
  rename(name: string): void {
    this.#connection.rename(name);
  }

  /** What became of the frames so far. */
  get counts(): Readonly<FrameCounts> {
    return { ...this.#counts };
  }

  /** Whether `trySend` is worth a frame now. */
  get canSend(): boolean {
    return this.#ended === null && this.#results.size < MAXIMUM_WAITING &&
      (this.#isIdle || this.#connection.canSend);
  }

  /**
   * Sends a frame if there is room for it now, beside at most one that has no answer yet; for cameras, whose next frame is better
   * than an old one.
   *
   * @returns Whether it was sent.
   */
  trySend(jpeg: Jpeg): boolean {
    if (!this.canSend) return false;
    if (this.#isIdle) {
      this.#isIdle = false;
      this.#connection.reconnect();
    }
    if (!this.#connection.sendFrame(jpeg)) return false;
    this.#frames.set(this.#connection.sentFrames, jpeg);
    this.#counts.sent += 1;
    return true;
  }

  /**
   * Sends a frame as soon as those before are answered, since the server drops none that finds it idle; for files, of which none
   * is to be left out.
   *
   * @throws {LivesyteError} If the stream has ended, or ends meanwhile.
   */
  async send(jpeg: Jpeg): Promise<void> {
    while (this.#frames.size > 0 || !this.trySend(jpeg)) {
      if (this.#ended !== null) throw this.#ended;
      await this.#change();
    }
  }

  /**
   * Waits for the answers to all frames sent, then closes the stream.
   *
   * @throws {LivesyteError} If the stream fails meanwhile.
   */
  async end(): Promise<void> {
    while (this.#ended === null && this.#frames.size > 0) await this.#change();
    if (this.#ended !== null && this.#ended.code !== "closed") {
      throw this.#ended;
    }
    this.close();
  }

  /** Closes the stream at once; iterating ends after the results that have come. */
  close(): void {
    this.#stop(new LivesyteError("closed", "The stream is closed"), null);
  }

  /** The results, which all who iterate share. */
  [Symbol.asyncIterator](): AsyncIterator<StreamResult, undefined> {
    return this.#results;
  }

  #receive(message: ServerMessage, round_trip_ms: number): void {
    if ("warning" in message) this.#options.onSlowDown?.();
    if ("session_id" in message) this.#sessionId = message.session_id;
    if (!("frame_index" in message)) return;
    const frame = this.#frames.get(message.frame_index);
    this.#frames.delete(message.frame_index);
    if ("result" in message && frame !== undefined) {
      this.#counts.answered += 1;
      this.#results.push({ ...message, frame, round_trip_ms });
    } else if ("dropped" in message) {
      this.#counts.dropped += 1;
    }
    this.#wake();
  }

  #fail(failure: StreamFailure): void {
    this.#loseFrames();
    this.#wake();
    this.#options.onFailure?.(failure);
    this.#isIdle = failure.code === "no_frames";
    if (failure.attempt !== null || this.#isIdle) return;
    const error = streamError(failure);
    this.#stop(error, error);
  }

  #stop(why: LivesyteError, error: LivesyteError | null): void {
    if (this.#ended !== null) return;
    this.#ended = why;
    this.#loseFrames();
    this.#connection.disconnect();
    this.#results.end(error);
    this.#wake();
  }

  #loseFrames(): void {
    this.#counts.lost += this.#frames.size;
    this.#frames.clear();
  }

  /** Resolves when there may be room, or the stream has ended. */
  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#connection.isBuffering) {
        setTimeout(() => this.#wake(), BUFFER_POLL_MS);
      }
    });
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}
