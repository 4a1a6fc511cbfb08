/** The browser's end of `WS /ws/video/stream`. */

import { batch, type Signal, signal } from "@preact/signals";
import type { StreamFailure, StreamFailureCode } from "../stream_failure.ts";
import { isStreamErrorCode, parseServerMessage } from "../parse_server_message.ts";
import type { ResultMessage, ServerMessage, StreamErrorCode } from "../../protocol/stream.ts";

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
    roundTripMs: signal<number | null>(null),
  };
}

/** Options for {@linkcode RealtimeClient}. */
export interface RealtimeClientOptions {
  /** Address of a pipeline's stream. */
  streamUrl: (pipelineId: string) => string;
  /** Signals to write to; own ones by default. */
  signals?: RealtimeSignals;
  /** Called with every message, after the signals were set; `roundTripMs` is `null` unless it answers a frame. */
  onMessage?: (message: ServerMessage, roundTripMs: number | null) => void;
  /** Called with every binary message, which only viewers get: the JPEG of the result before. */
  onFrame?: (jpeg: Blob) => void;
  /** Whether the server asks for another token; a browser cannot tell that from a connection that does not open. */
  isRefused?: () => Promise<boolean>;
  /** Constructor of the socket. */
  WebSocket?: typeof WebSocket;
  /** Monotonic clock, in milliseconds. */
  now?: () => number;
  /** Random number in [0, 1), for the jitter of reconnects. */
  random?: () => number;
}

/** Frames that may be on their way at once. More would add delay, and no throughput. */
const MAXIMUM_UNANSWERED = 2;
/**
 * Results of a connection before its second frame may be on its way: a cold server is slow for a moment and would drop
 * it, and the page would slow down for no lasting reason.
 */
export const WARM_UP_RESULTS = 5;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
/** The server replaces a hung worker after 10 s and then answers, so a longer silence is a dead connection. */
const LONGEST_SILENCE_MS = 15_000;
/** Codes after which the same attempt would end the same way: the input or the request was refused. */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([1000, 1003, 1007, 1008, 1009]);
const NORMAL_CLOSE = 1000;
const GOING_AWAY = 1001;
/** Of `session_timeout`, as the protocol has it, where it is not the hard limit that ended the session. */
const IDLE_DETAIL = /^No frame received/;
/** Sent by us when the server stays silent; 4000 to 4999 are for private use (RFC 6455, section 7.4.2). */
const SILENCE_CLOSE = 4000;

/**
 * How long to wait before an automatic reconnect: 1 s, doubling, ±20 %, at most 30 s.
 *
 * @param attempt From 1.
 * @param random In [0, 1).
 */
export function reconnectDelayMs(attempt: number, random: number): number {
  const jitter = 0.8 + 0.4 * random;
  return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (attempt - 1) * jitter);
}

/**
 * One stream of frames to a pipeline and of results back, kept alive over lost connections.
 *
 * It counts the frames that it sends, so the `frame_index` n of an answer is the n-th frame of this connection.
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
  readonly #options: Required<Omit<RealtimeClientOptions, "signals">>;
  #socket: WebSocket | null = null;
  #pipelineId = "";
  readonly #sentAt = new Map<number, number>();
  #attempts = 0;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  /** Connects to nothing yet: that begins with `connect`. */
  constructor(
    {
      streamUrl,
      signals = createRealtimeSignals(),
      onMessage = () => {},
      onFrame = () => {},
      isRefused = () => Promise.resolve(false),
      WebSocket = globalThis.WebSocket,
      now = () => performance.now(),
      random = Math.random,
    }: RealtimeClientOptions,
  ) {
    this.signals = signals;
    this.#options = { streamUrl, onMessage, onFrame, isRefused, WebSocket, now, random };
  }

  /** Frames of this connection that have no answer yet. */
  get unansweredFrames(): number {
    return this.#sentAt.size;
  }

  /** Whether a frame would be sent now, rather than add delay. */
  get canSend(): boolean {
    const isWarm = this.signals.answeredFrames.peek() >= WARM_UP_RESULTS;
    const mayBeUnanswered = isWarm ? MAXIMUM_UNANSWERED : 1;
    return this.#socket?.readyState === 1 && this.#socket.bufferedAmount === 0 &&
      this.#sentAt.size < mayBeUnanswered;
  }

  /** Opens the stream of a pipeline, in place of any stream before. */
  connect(pipelineId: string): void {
    this.#leaveSocket(NORMAL_CLOSE);
    this.#pipelineId = pipelineId;
    this.#attempts = 0;
    this.#open();
  }

  /** Ends the stream, and any attempt to reconnect. */
  disconnect(): void {
    this.#leaveSocket(NORMAL_CLOSE);
    batch(() => {
      this.signals.status.value = "disconnected";
      this.signals.lastError.value = null;
    });
  }

  /** Makes the next automatic attempt to reconnect at once, where there is one to come. */
  retryNow(): void {
    if (this.#retryTimer === undefined) return;
    this.#leaveSocket();
    this.#open();
  }

  /**
   * Sends one frame.
   *
   * @param bytes One complete JPEG.
   * @returns `false` when the frame was skipped, because it would only have added delay.
   */
  sendFrame(bytes: Uint8Array<ArrayBuffer>): boolean {
    if (!this.canSend || this.#socket === null) return false;
    this.#socket.send(bytes);
    const frameIndex = this.signals.sentFrames.peek() + 1;
    this.signals.sentFrames.value = frameIndex;
    this.#sentAt.set(frameIndex, this.#options.now());
    if (this.#sentAt.size === 1) this.#endAfterSilence("no_answer");
    return true;
  }

  #open(): void {
    this.#retryTimer = undefined;
    const socket = new this.#options.WebSocket(this.#options.streamUrl(this.#pipelineId));
    this.#socket = socket;
    this.#sentAt.clear();
    batch(() => {
      this.signals.status.value = "connecting";
      this.signals.sentFrames.value = 0;
      this.signals.answeredFrames.value = 0;
      this.signals.droppedFrames.value = 0;
      this.signals.slowDownWarnings.value = 0;
      this.signals.roundTripMs.value = null;
    });
    let opened = false;
    let error: { code: StreamErrorCode; detail: string } | undefined;
    this.#endAfterSilence("unreachable");
    socket.onopen = () => {
      opened = true;
      clearTimeout(this.#silenceTimer);
      this.signals.status.value = "connected";
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return this.#options.onFrame(data);
      const message = parseServerMessage(data);
      if (message === null) return;
      if ("error" in message) error = { code: message.error, detail: message.detail };
      this.#receive(message);
    };
    socket.onclose = ({ code, reason }) => {
      this.#leaveSocket();
      this.#fail(error ?? { code: failureCode(code, reason, opened), detail: "" }, code);
    };
  }

  #receive(message: ServerMessage): void {
    const roundTripMs = "frame_index" in message ? this.#takeAnswer(message.frame_index) : null;
    const { signals } = this;
    batch(() => {
      if ("result" in message) {
        this.#attempts = 0;
        signals.answeredFrames.value += 1;
        signals.lastResult.value = message;
        signals.lastError.value = null;
        signals.roundTripMs.value = roundTripMs;
      } else if ("dropped" in message) {
        signals.droppedFrames.value += 1;
      } else if ("warning" in message) {
        signals.slowDownWarnings.value += 1;
      }
    });
    this.#options.onMessage(message, roundTripMs);
  }

  #takeAnswer(frameIndex: number): number | null {
    const sentAt = this.#sentAt.get(frameIndex);
    if (sentAt === undefined) return null;
    this.#sentAt.delete(frameIndex);
    clearTimeout(this.#silenceTimer);
    if (this.#sentAt.size > 0) this.#endAfterSilence("no_answer");
    return this.#options.now() - sentAt;
  }

  /** Without this, a connection that died without a close would leave us waiting for ever. */
  #endAfterSilence(code: "unreachable" | "no_answer"): void {
    this.#silenceTimer = setTimeout(() => {
      this.#leaveSocket(SILENCE_CLOSE);
      this.#fail({ code, detail: "" }, SILENCE_CLOSE);
    }, LONGEST_SILENCE_MS);
  }

  #fail({ code, detail }: { code: StreamFailureCode; detail: string }, closeCode: number): void {
    const retries = !FINAL_CLOSE_CODES.has(closeCode);
    if (retries) this.#attempts += 1;
    const delay = retries ? reconnectDelayMs(this.#attempts, this.#options.random()) : 0;
    if (retries) this.#retryTimer = setTimeout(() => this.#open(), delay);
    const failure: StreamFailure = {
      code: code === "session_timeout" && IDLE_DETAIL.test(detail) ? "no_frames" : code,
      detail,
      close_code: closeCode,
      attempt: retries ? this.#attempts : null,
      retry_in_ms: delay,
    };
    batch(() => {
      this.signals.status.value = "disconnected";
      this.signals.lastError.value = failure;
    });
    if (failure.code === "unreachable") this.#stopIfRefused(failure);
  }

  async #stopIfRefused(failure: StreamFailure): Promise<void> {
    const isRefused = await this.#options.isRefused();
    if (!isRefused || this.signals.lastError.peek() !== failure) return;
    this.#leaveSocket();
    batch(() => {
      this.signals.status.value = "disconnected";
      this.signals.lastError.value = {
        ...failure,
        code: "unauthorized",
        attempt: null,
        retry_in_ms: 0,
      };
    });
  }

  /** Lets go of the socket and all timers; the socket's later events reach nobody. */
  #leaveSocket(closeCode?: number): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    clearTimeout(this.#silenceTimer);
    this.#sentAt.clear();
    const socket = this.#socket;
    this.#socket = null;
    if (socket === null) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (closeCode !== undefined) socket.close(closeCode);
  }
}

function failureCode(closeCode: number, reason: string, opened: boolean): StreamFailureCode {
  if (isStreamErrorCode(reason) || isWatchEnd(reason)) return reason;
  if (closeCode === GOING_AWAY) return "server_stopping";
  return opened ? "connection_lost" : "unreachable";
}

function isWatchEnd(reason: string): reason is "session_not_found" | "stream_ended" {
  return reason === "session_not_found" || reason === "stream_ended";
}
