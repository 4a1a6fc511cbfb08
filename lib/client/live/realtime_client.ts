/** The connection of the client package as signals of a page. */

import { batch, type Signal, signal } from "@preact/signals";
import { Connection, type ConnectionOptions } from "../../../client/connection.ts";
import type { StreamFailure } from "../../../client/failure.ts";
import { parseServerMessage } from "../parse_server_message.ts";
import type { ResultMessage, ServerMessage } from "../../protocol/stream.ts";

/** State of the connection. Between two attempts to reconnect it is `disconnected`. */
export type ConnectionStatus = "connecting" | "connected" | "disconnected";

/** What a {@linkcode RealtimeClient} tells of its stream. */
export interface RealtimeSignals {
  /** `disconnected` before the first connection. */
  status: Signal<ConnectionStatus>;
  /** `null` before the first; stays when the connection ends, until its owner sets it to `null`. */
  lastResult: Signal<ResultMessage | null>;
  /** Frames sent on this connection. */
  sentFrames: Signal<number>;
  /** Frames of this connection that were answered with a result. */
  answeredFrames: Signal<number>;
  /** Frames of this connection that the server dropped. */
  droppedFrames: Signal<number>;
  /** `slow_down` warnings on this connection. */
  slowDownWarnings: Signal<number>;
  /** `null` again with the next result. */
  lastError: Signal<StreamFailure | null>;
  /** The id under which others watch the stream that is sent; `null` before the server has told it. */
  sessionId: Signal<string | null>;
  /** Time from sending the last answered frame to its result, in milliseconds. */
  roundTripMs: Signal<number | null>;
}

/** Creates the signals of one stream, in the state before the first connection. */
export function createRealtimeSignals(): RealtimeSignals {
  return {
    status: signal<ConnectionStatus>("disconnected"),
    lastResult: signal<ResultMessage | null>(null),
    sentFrames: signal(0),
    answeredFrames: signal(0),
    droppedFrames: signal(0),
    slowDownWarnings: signal(0),
    lastError: signal<StreamFailure | null>(null),
    sessionId: signal<string | null>(null),
    roundTripMs: signal<number | null>(null),
  };
}

/** Options for {@linkcode RealtimeClient}. */
export interface RealtimeClientOptions
  extends Pick<ConnectionOptions, "WebSocket" | "isRefused" | "now" | "random"> {
  /** Address of a pipeline's stream. */
  streamUrl: (pipelineId: string) => string;
  /** Signals to write to; own ones by default. */
  signals?: RealtimeSignals;
  /** Called with every message, after the signals were set; `roundTripMs` is `null` unless it answers a frame. */
  onMessage?: (message: ServerMessage, roundTripMs: number | null) => void;
  /** Called with every binary message, which only viewers get: the JPEG of the result before. */
  onFrame?: (jpeg: Blob) => void;
}

/**
 * One stream of frames to a pipeline and of results back, kept alive over lost connections.
 *
 * @example
 * ```ts
 * const client = new RealtimeClient({ streamUrl: (id) => `ws://localhost:8000/ws/video/stream?pipeline_id=${id}` });
 * client.signals.lastResult.subscribe((message) => draw(message));
 * client.connect("yolo_only");
 * if (client.canSend) client.sendFrame(await encode(video));
 * ```
 */
export class RealtimeClient {
  /** What is known of the stream. */
  readonly signals: RealtimeSignals;
  readonly #streamUrl: (pipelineId: string) => string;
  readonly #connection: Connection;

  /** Connects to nothing yet: that begins with `connect`. */
  constructor(
    {
      streamUrl,
      signals = createRealtimeSignals(),
      onMessage = () => {},
      onFrame = () => {},
      ...options
    }: RealtimeClientOptions,
  ) {
    this.signals = signals;
    this.#streamUrl = streamUrl;
    this.#connection = new Connection({
      ...options,
      parse: parseServerMessage,
      onConnecting: () => this.#reset(),
      onOpen: () => signals.status.value = "connected",
      onMessage: (message, roundTripMs) => {
        this.#note(message, roundTripMs);
        onMessage(message, roundTripMs);
      },
      onFrame: (jpeg) => onFrame(new Blob([jpeg], { type: "image/jpeg" })),
      onFailure: (failure) => this.#end(failure),
    });
  }

  /** Frames of this connection that have no answer yet. */
  get unansweredFrames(): number {
    return this.#connection.unansweredFrames;
  }

  /** Whether a frame would be sent now, rather than add delay. */
  get canSend(): boolean {
    return this.#connection.canSend;
  }

  /** Opens the stream of a pipeline, in place of any stream before. */
  connect(pipelineId: string): void {
    this.#connection.connect(this.#streamUrl(pipelineId));
  }

  /** Ends the stream, and any attempt to reconnect. */
  disconnect(): void {
    this.#connection.disconnect();
    this.#end(null);
  }

  /** Makes the next automatic attempt to reconnect at once, where there is one to come. */
  retryNow(): void {
    this.#connection.retryNow();
  }

  /** Gives the stream another name; does nothing before the first connection. */
  rename(name: string): void {
    this.#connection.rename(name);
  }

  /**
   * Sends one frame.
   *
   * @param bytes One complete JPEG.
   * @returns `false` when the frame was skipped, because it would only have added delay.
   */
  sendFrame(bytes: Uint8Array<ArrayBuffer>): boolean {
    const isSent = this.#connection.sendFrame(bytes);
    this.signals.sentFrames.value = this.#connection.sentFrames;
    return isSent;
  }

  #reset(): void {
    batch(() => {
      this.signals.status.value = "connecting";
      this.signals.sentFrames.value = 0;
      this.signals.answeredFrames.value = 0;
      this.signals.droppedFrames.value = 0;
      this.signals.slowDownWarnings.value = 0;
      this.signals.roundTripMs.value = null;
    });
  }

  #note(message: ServerMessage, roundTripMs: number | null): void {
    const { signals } = this;
    batch(() => {
      if ("result" in message) {
        signals.answeredFrames.value += 1;
        signals.lastResult.value = message;
        signals.lastError.value = null;
        signals.roundTripMs.value = roundTripMs;
      } else if ("dropped" in message) {
        signals.droppedFrames.value += 1;
      } else if ("warning" in message) {
        signals.slowDownWarnings.value += 1;
      } else if ("session_id" in message) {
        signals.sessionId.value = message.session_id;
      }
    });
  }

  #end(failure: StreamFailure | null): void {
    batch(() => {
      this.signals.status.value = "disconnected";
      this.signals.lastError.value = failure;
    });
  }
}
