/**
 * Small images of what streams show, for those who choose one to watch.
 *
 * @module
 */

import type { StreamServer } from "./stream_server.ts";

/** How long whoever asks waits for the next frame, in milliseconds. */
const WAIT_MS = 5000;
/** How long an image is given to others too, in milliseconds. */
const KEEP_MS = 1000;

/** An image, or that there is none. */
type Answer = Promise<Uint8Array<ArrayBuffer> | undefined>;

/** Makes a small copy of a JPEG. */
type Shrink = (jpeg: Uint8Array<ArrayBuffer>) => Promise<Uint8Array<ArrayBuffer>>;

/**
 * Makes them only when somebody asks: one a second of each stream at most, and one at a time of all streams, so that they cost the
 * streams little.
 */
export class StreamSnapshots {
  readonly #streams: Pick<StreamServer, "nextFrame">;
  readonly #shrink: Shrink;
  readonly #answers = new Map<string, { answer: Answer; until: number }>();
  #lastShrunk: Promise<unknown> = Promise.resolve();

  /**
   * Makes none yet.
   *
   * @param shrink Makes a small copy of a frame, a JPEG
   */
  constructor(streams: Pick<StreamServer, "nextFrame" | "registry">, shrink: Shrink) {
    this.#streams = streams;
    this.#shrink = shrink;
    streams.registry.subscribe(({ type, session }) => {
      if (type === "ended") this.#answers.delete(session.session_id);
    });
  }

  /**
   * What a stream shows now.
   *
   * @returns A JPEG; `undefined` if the stream gives no frame now
   * @throws What `shrink` does
   */
  get(sessionId: string): Answer {
    this.#forgetOld();
    const known = this.#answers.get(sessionId);
    if (known !== undefined) return known.answer;
    const kept = { answer: this.#make(sessionId), until: Infinity };
    this.#answers.set(sessionId, kept);
    const end = () => kept.until = performance.now() + KEEP_MS;
    kept.answer.then(end, end);
    return kept.answer;
  }

  async #make(sessionId: string): Answer {
    const frame = await this.#streams.nextFrame(sessionId, WAIT_MS);
    if (frame === undefined) return undefined;
    const shrunk = this.#lastShrunk.then(() => this.#shrink(frame));
    this.#lastShrunk = shrunk.catch(() => {});
    return await shrunk;
  }

  #forgetOld(): void {
    const now = performance.now();
    for (const [sessionId, { until }] of this.#answers) {
      if (until <= now) this.#answers.delete(sessionId);
    }
  }
}
