/** Somebody who uses the server as it is meant to be used, beside those who do not. */

// @ts-types="npm:@types/ws@8.18.2"
import WebSocket from "ws";
import { expect } from "expect";
import { readFixture } from "../read_fixture.ts";

/** The smallest input, at which no stream asks for others, whose graphs would take memory at some time. */
export const SMALL_INPUT = { PIPELINE_INPUT_SIZE: "320x256", PIPELINE_THREADS: "1" };

/** Ten frames a second, or fewer on a machine that would not keep up with them when it is left in peace. */
const SHORTEST_INTERVAL_MS = 100;
const INTERVAL_BY_LATENCY = 4;
const WARM_UP_FRAMES = 10;
/** Share of its answers that a polite stream keeps, whatever strangers do. */
const KEPT_SHARE = 0.9;
const ROUNDS = 3;
/** More rounds, where what else a machine does has taken answers, average that out; what an attack takes stays. */
const MOST_ROUNDS = 9;
const ROUND_MS = 2000;

/** A stream that sends no more than the server can do, and counts its answers. */
export class PoliteStream implements AsyncDisposable {
  readonly #socket: WebSocket;
  #sending: ReturnType<typeof setInterval> | undefined;
  #answers = 0;
  #answered: PromiseWithResolvers<void> = Promise.withResolvers();
  #closed: string | undefined;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: unknown) => {
      if (!("result" in JSON.parse(String(data)))) return;
      this.#answers += 1;
      this.#answered.resolve();
      this.#answered = Promise.withResolvers();
    });
    socket.on("close", (code: number, reason: unknown) => this.#closed = `${code} ${reason}`);
  }

  /** Opens a stream and finds out how fast it may send. */
  static async open(serverUrl: string): Promise<PoliteStream> {
    const url = new URL("/ws/video/stream?pipeline_id=yolo_only", serverUrl);
    const socket = new WebSocket(url.href.replace("http", "ws"));
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    const stream = new PoliteStream(socket);
    await stream.#start(await readFixture("dog.jpg"));
    return stream;
  }

  async #start(frame: Uint8Array): Promise<void> {
    const latencies: number[] = [];
    for (let count = 0; count < WARM_UP_FRAMES; count += 1) {
      const sentAt = performance.now();
      this.#socket.send(frame);
      await this.#answered.promise;
      latencies.push(performance.now() - sentAt);
    }
    const median = latencies.toSorted((a, b) => a - b)[WARM_UP_FRAMES >> 1] ?? 0;
    const interval = Math.max(SHORTEST_INTERVAL_MS, INTERVAL_BY_LATENCY * median);
    this.#sending = setInterval(() => this.#socket.send(frame), interval);
  }

  /** Results that come within so many milliseconds. */
  async countAnswers(milliseconds: number): Promise<number> {
    const before = this.#answers;
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    expect(this.#closed).toBeUndefined();
    return this.#answers - before;
  }

  /**
   * Attacks again and again, and looks whether the stream keeps its answers: as many as in the times between, since the machine
   * may be slower now than it was.
   *
   * @param attack Goes on until the signal is aborted
   * @returns What each attack gave
   */
  async expectUnharmedBy<T>(attack: (signal: AbortSignal) => Promise<T>): Promise<T[]> {
    const given: T[] = [];
    let [alone, attacked, share] = [0, 0, 0];
    for (
      let round = 0;
      round < ROUNDS || (share < KEPT_SHARE && round < MOST_ROUNDS);
      round += 1
    ) {
      alone += await this.countAnswers(ROUND_MS);
      const end = new AbortController();
      const attacking = attack(end.signal);
      try {
        attacked += await this.countAnswers(ROUND_MS);
      } finally {
        end.abort();
        given.push(await attacking);
      }
      share = Math.round(100 * attacked / alone) / 100;
    }
    expect({ share, isKept: share >= KEPT_SHARE }).toEqual({ share, isKept: true });
    return given;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#sending);
    if (this.#closed !== undefined) return;
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.close();
    await closed;
  }
}
