import { failureCode, type StreamFailure, type StreamFailureCode } from "./failure.ts";
import type { ServerMessage } from "./messages.ts";
import { parseServerMessage } from "./parse_server_message.ts";

/** What is told of a {@linkcode Connection} as it happens. */
export interface ConnectionEvents {
  /** A connection, the first one or another, is being opened; it counts from 0. */
  onConnecting?: () => void;
  /** It is open. */
  onOpen?: () => void;
  /** A message has come; `roundTripMs` is `null` unless it answers a frame. */
  onMessage?: (message: ServerMessage, roundTripMs: number | null) => void;
  /** A binary message has come, which only viewers get: the JPEG of the result before. */
  onFrame?: (jpeg: ArrayBuffer) => void;
  /** The connection has ended, or could not be opened. */
  onFailure?: (failure: StreamFailure) => void;
}

/** Options for {@linkcode Connection}. */
export interface ConnectionOptions extends ConnectionEvents {
  /**
   * How many attempts to reconnect in a row may fail.
   *
   * @default {Infinity}
   */
  attempts?: number;
  /** Whether the server asks for another token, which cannot be told from a WebSocket that does not open. */
  isRefused?: () => Promise<boolean>;
  /** Reads a text message; `null` for one that is not of the protocol, which is then passed over. */
  parse?: (text: string) => ServerMessage | null;
  /** Constructor of the socket, by default that of the runtime. */
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
 * it, and the sender would slow down for no lasting reason.
 */
export const WARM_UP_RESULTS = 5;

const FIRST_RETRY_MS = 1000;
const LONGEST_RETRY_MS = 30_000;
/** The server replaces a hung worker after 10 s and then answers, so a longer silence is a dead connection. */
const LONGEST_SILENCE_MS = 15_000;
/** Codes after which the same attempt would end the same way: the input or the request was refused. */
const FINAL_CLOSE_CODES: ReadonlySet<number> = new Set([1000, 1003, 1007, 1008, 1009]);
const NORMAL_CLOSE = 1000;
/** Of a connection that ended without a close (RFC 6455, section 7.4.1). */
const ABNORMAL_CLOSE = 1006;
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
 * One WebSocket at a time to the server, kept alive over losses; what {@linkcode Stream} and {@linkcode Viewer} are made of.
 *
 * It counts the frames that it sends, so the `frame_index` n of an answer is the n-th frame of this connection.
 */
export class Connection {
  readonly #options: Required<ConnectionOptions>;
  #url = "";
  #socket: WebSocket | null = null;
  #sent = 0;
  #answered = 0;
  readonly #sentAt = new Map<number, number>();
  #attempts = 0;
  /** Why the last connection ended, until the next result. */
  #failure: StreamFailure | null = null;
  #retryTimer: ReturnType<typeof setTimeout> | undefined;
  #silenceTimer: ReturnType<typeof setTimeout> | undefined;

  /** Connects to nothing yet: that begins with `connect`. */
  constructor(options: ConnectionOptions = {}) {
    const {
      onConnecting = () => {},
      onOpen = () => {},
      onMessage = () => {},
      onFrame = () => {},
      onFailure = () => {},
      attempts = Infinity,
      isRefused = () => Promise.resolve(false),
      parse = parseServerMessage,
      WebSocket = globalThis.WebSocket,
      now = () => performance.now(),
      random = Math.random,
    } = options;
    const events = { onConnecting, onOpen, onMessage, onFrame, onFailure };
    this.#options = { ...events, attempts, isRefused, parse, WebSocket, now, random };
  }

  /** Frames sent on this connection: the index of the last one. */
  get sentFrames(): number {
    return this.#sent;
  }

  /** Frames of this connection that have no answer yet. */
  get unansweredFrames(): number {
    return this.#sentAt.size;
  }

  /** Whether bytes of an earlier frame still wait in the socket. */
  get isBuffering(): boolean {
    return this.#socket !== null && this.#socket.bufferedAmount > 0;
  }

  /** Whether a frame would be sent now, rather than add delay. */
  get canSend(): boolean {
    const mayBeUnanswered = this.#answered >= WARM_UP_RESULTS ? MAXIMUM_UNANSWERED : 1;
    return this.#socket?.readyState === 1 && !this.isBuffering &&
      this.#sentAt.size < mayBeUnanswered;
  }

  /** Connects to an address, in place of any before. */
  connect(url: string): void {
    this.#leaveSocket(NORMAL_CLOSE);
    this.#url = url;
    this.#attempts = 0;
    this.#open();
  }

  /** Ends the connection, and any attempt to reconnect. */
  disconnect(): void {
    this.#leaveSocket(NORMAL_CLOSE);
    this.#failure = null;
  }

  /** Gives the stream another name, on this connection and on those that follow by themselves. */
  rename(name: string): void {
    if (this.#url === "") return;
    const url = new URL(this.#url);
    url.searchParams.set("name", name);
    this.#url = url.href;
    if (this.#socket?.readyState === 1) this.#socket.send(JSON.stringify({ name }));
    // It is on its way under the old name.
    else if (this.#socket !== null) this.connect(url.href);
  }

  /** Connects anew to the address of the last connection. */
  reconnect(): void {
    this.connect(this.#url);
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
   * @param jpeg One complete JPEG.
   * @returns `false` when the frame was skipped, because it would only have added delay.
   */
  sendFrame(jpeg: Uint8Array | ArrayBuffer | Blob): boolean {
    if (!this.canSend || this.#socket === null) return false;
    this.#socket.send(jpeg as Uint8Array<ArrayBuffer> | ArrayBuffer | Blob);
    this.#sentAt.set(++this.#sent, this.#options.now());
    if (this.#sentAt.size === 1) this.#endAfterSilence("no_answer");
    return true;
  }

  #open(): void {
    this.#retryTimer = undefined;
    const { WebSocket, parse, onConnecting, onOpen, onFrame } = this.#options;
    const socket = new WebSocket(this.#url);
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#sentAt.clear();
    this.#sent = this.#answered = 0;
    onConnecting();
    let opened = false;
    let error: { code: StreamFailureCode; detail: string } | undefined;
    this.#endAfterSilence("unreachable");
    socket.onopen = () => {
      opened = true;
      clearTimeout(this.#silenceTimer);
      onOpen();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data !== "string") return onFrame(data);
      const message = parse(data);
      if (message === null) return;
      if ("error" in message) {
        error = { code: message.error, detail: message.detail };
      }
      this.#receive(message);
    };
    const end = ({ code, reason }: { code: number; reason: string }, detail = "") => {
      if (this.#socket !== socket) return;
      this.#leaveSocket();
      this.#fail(error ?? { code: failureCode({ code, reason, opened }), detail }, code);
    };
    socket.onclose = (event) => end(event);
    // In Node 20 no close follows when the connection cannot be opened. Runtimes other than browsers tell why it cannot.
    socket.onerror = (event) =>
      opened || end({ code: ABNORMAL_CLOSE, reason: "" }, (event as Partial<ErrorEvent>).message);
  }

  #receive(message: ServerMessage): void {
    const roundTripMs = "frame_index" in message ? this.#takeAnswer(message.frame_index) : null;
    if ("result" in message) {
      this.#attempts = 0;
      this.#answered += 1;
      this.#failure = null;
    }
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

  #fail(
    { code, detail }: { code: StreamFailureCode; detail: string },
    closeCode: number,
  ): void {
    const { attempts, random, onFailure } = this.#options;
    const retries = !FINAL_CLOSE_CODES.has(closeCode) &&
      this.#attempts < attempts;
    if (retries) this.#attempts += 1;
    const delay = retries ? reconnectDelayMs(this.#attempts, random()) : 0;
    if (retries) this.#retryTimer = setTimeout(() => this.#open(), delay);
    const failure: StreamFailure = {
      code: code === "session_timeout" && IDLE_DETAIL.test(detail) ? "no_frames" : code,
      detail,
      close_code: closeCode,
      attempt: retries ? this.#attempts : null,
      retry_in_ms: delay,
    };
    this.#failure = failure;
    onFailure(failure);
    if (failure.code === "unreachable") this.#stopIfRefused(failure);
  }

  async #stopIfRefused(failure: StreamFailure): Promise<void> {
    const isRefused = await this.#options.isRefused();
    if (!isRefused || this.#failure !== failure) return;
    this.#leaveSocket();
    this.#failure = { ...failure, code: "unauthorized", attempt: null, retry_in_ms: 0 };
    this.#options.onFailure(this.#failure);
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
