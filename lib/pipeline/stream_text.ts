/**
 * Reads the text of streams beside their detection, as often as there is time.
 *
 * @module
 */

import type { TextBlock } from "../protocol/stream_messages.ts";
import type { ReadOutcome } from "./worker_tasks.ts";

/** The text of a stream as it was read last. */
export interface LatestText {
  /** In reading order; empty before the first reading. */
  textBlocks: TextBlock[];
  /** The frame that it was read from; `null` before the first. */
  frameIndex: number | null;
  /** Milliseconds that the reading took; 0 once they have been told. */
  ocrMs: number;
}

/** A frame that is to be read. */
interface WaitingFrame {
  frameIndex: number;
  picture: Uint8Array;
  /** Resolves when its detection is over; `undefined` where there is none. */
  detected: Promise<void> | undefined;
}

/** A stream whose text is read. */
interface Stream {
  latest: LatestText;
  /** The newest frame that waits for the reader. */
  waiting: WaitingFrame | undefined;
  /** When the next pass may start, in monotonic milliseconds. */
  nextAt: number;
}

/**
 * Gives the reader one frame at a time: the newest of the stream whose turn it is.
 *
 * A pass of a stream starts no sooner than an interval after its last one, however many frames come.
 */
export class StreamText {
  readonly #read: (picture: Uint8Array, sessionId: string) => Promise<ReadOutcome>;
  readonly #intervalMs: number;
  /** By session, in the order of their turns. */
  readonly #streams = new Map<string, Stream>();
  #isReading = false;

  /**
   * Begins without streams.
   *
   * @param read Reads one picture; its failure leaves the stream with the text that it has
   * @param intervalMs Shortest time between the passes of one stream
   */
  constructor(
    read: (picture: Uint8Array, sessionId: string) => Promise<ReadOutcome>,
    intervalMs: number,
  ) {
    this.#read = read;
    this.#intervalMs = intervalMs;
  }

  /**
   * Takes a copy of a frame where its stream is due for a pass; call it with every frame.
   *
   * @param detected Resolves when the frame's detection is over; reading begins then, since it would delay it
   */
  offer(
    sessionId: string,
    frameIndex: number,
    frame: Uint8Array,
    detected?: Promise<void>,
  ): void {
    const stream = this.#streams.getOrInsertComputed(sessionId, () => ({
      latest: { textBlocks: [], frameIndex: null, ocrMs: 0 },
      waiting: undefined,
      nextAt: 0,
    }));
    if (performance.now() < stream.nextAt) return;
    stream.waiting = { frameIndex, picture: new Uint8Array(frame), detected };
    this.#readNext();
  }

  /** The text of a stream as it was read last; the time of each reading is told once. */
  take(sessionId: string): LatestText {
    const stream = this.#streams.get(sessionId);
    if (stream === undefined) return { textBlocks: [], frameIndex: null, ocrMs: 0 };
    const { latest } = stream;
    stream.latest = { ...latest, ocrMs: 0 };
    return latest;
  }

  /** Forgets a stream. */
  endSession(sessionId: string): void {
    this.#streams.delete(sessionId);
  }

  #readNext(): void {
    if (this.#isReading) return;
    for (const [sessionId, stream] of this.#streams) {
      const { waiting } = stream;
      if (waiting === undefined) continue;
      stream.waiting = undefined;
      stream.nextAt = performance.now() + this.#intervalMs;
      this.#isReading = true;
      this.#readFrame(sessionId, stream, waiting).finally(() => {
        this.#isReading = false;
        // To the end of the line, unless it has ended meanwhile.
        if (this.#streams.delete(sessionId)) this.#streams.set(sessionId, stream);
        this.#readNext();
      });
      return;
    }
  }

  async #readFrame(
    sessionId: string,
    stream: Stream,
    { frameIndex, picture, detected }: WaitingFrame,
  ): Promise<void> {
    try {
      await detected;
      const { textBlocks, stages } = await this.#read(picture, sessionId);
      stream.latest = { textBlocks, frameIndex, ocrMs: stages.ocr };
    } catch {
      // The pool tells of a worker that is lost, and detection tells the client of a frame that cannot be decoded.
    }
  }
}
