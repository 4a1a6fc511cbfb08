/** A client that streams frames at a fixed rate and measures the answers. */

// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";

/** What a client has counted. */
export interface LoadReport {
  sent: number;
  answered: number;
  dropped: number;
  slowDowns: number;
  errors: string[];
  /** Milliseconds from the sending of each answered frame to its result. */
  ages: number[];
}

/**
 * Streams one frame over and over.
 *
 * It uses `ws` with Nagle's algorithm off, since Deno's own client holds messages of this size back for some 40 ms.
 */
export class LoadClient {
  readonly report: LoadReport = {
    sent: 0,
    answered: 0,
    dropped: 0,
    slowDowns: 0,
    errors: [],
    ages: [],
  };
  readonly #socket: WebSocket;
  /** Settles when the connection ends, whoever ends it. */
  readonly closed: Promise<void>;
  readonly #sentAt: number[] = [];
  #timer: ReturnType<typeof setInterval> | undefined;
  #onAnswer: (message: Record<string, unknown>) => void = () => {};

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(String(data))));
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => socket.once("close", () => resolve()));
  }

  /** Connects to a server's stream. */
  static async connect(serverUrl: string, pipelineId = "yolo_only"): Promise<LoadClient> {
    const url = new URL(`/ws/video/stream?pipeline_id=${pipelineId}`, serverUrl);
    url.protocol = "ws:";
    const socket = new WebSocket(url, { perMessageDeflate: false });
    const client = new LoadClient(socket);
    await new Promise<void>((resolve, reject) => {
      socket.once("open", () => resolve());
      socket.once("error", reject);
    });
    return client;
  }

  /** Sends a frame `framesPerSecond` times a second until {@linkcode close}. */
  start(frame: Uint8Array, framesPerSecond: number): void {
    const startedAt = performance.now();
    const intervalMs = 1000 / framesPerSecond;
    // Timers run late; frames that are due by then are sent together, so the rate holds.
    this.#timer = setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / intervalMs);
      while (this.report.sent < due) this.#send(frame);
    }, Math.max(1, intervalMs / 4));
  }

  /**
   * Sends one frame, where none is under way, and waits for the answer.
   *
   * @throws {Error} If the connection ends
   */
  async ask(frame: Uint8Array): Promise<Record<string, unknown>> {
    const { promise, resolve, reject } = Promise.withResolvers<Record<string, unknown>>();
    this.#onAnswer = resolve;
    this.closed.then(() => reject(new Error("The server has ended the connection")));
    this.#send(frame);
    return await promise;
  }

  /** Sends nothing more, and waits a moment for the last answers. */
  async close(): Promise<LoadReport> {
    clearInterval(this.#timer);
    await new Promise((resolve) => setTimeout(resolve, 300));
    this.#socket.close();
    await this.closed;
    return this.report;
  }

  #send(frame: Uint8Array): void {
    this.report.sent += 1;
    this.#sentAt[this.report.sent] = performance.now();
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(frame);
  }

  #receive(message: Record<string, unknown>): void {
    this.#onAnswer(message);
    if ("result" in message) {
      this.report.answered += 1;
      this.report.ages.push(performance.now() - this.#sentAt[Number(message.frame_index)]);
    } else if ("dropped" in message) {
      this.report.dropped += 1;
    } else if ("warning" in message) {
      this.report.slowDowns += 1;
    } else {
      this.report.errors.push(String(message.error));
    }
  }
}
