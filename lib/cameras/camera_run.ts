/**
 * The time in which a camera is on: its source is opened, and opened again after every failure.
 *
 * @module
 */

import type { StreamSession } from "../streaming/stream_session.ts";
import { Backoff, pause } from "./backoff.ts";
import type { CameraSource, Failure, SourceFrame } from "./camera_source.ts";

/** What a run needs of its camera. */
export interface CameraRunOptions {
  /** Takes the frames. */
  stream: StreamSession;
  /** Opens the source. */
  open(signal: AbortSignal): Promise<CameraSource>;
  /** Called with each source that was opened, and with `undefined` when it has ended. */
  onSource(source: CameraSource | undefined): void;
  /** Called for each frame once the stream has it as its newest. */
  onFrame(frame: SourceFrame): void;
  /** Called for each failure; `retryMs` is the time until the next attempt. */
  onFailure(failure: Failure, retryMs: number): void;
  /** Called before each attempt after the first. */
  onRestart(): void;
  /** Tells what people may know of an error. */
  describe(error: unknown): Failure;
}

/** How long a source may send nothing but damaged images. */
const DAMAGED_MS = 10_000;
/** How long the frame in flight may take at the end. */
const DRAIN_MS = 5000;

/** A camera that is on, or going off. */
export class CameraRun {
  readonly #options: CameraRunOptions;
  readonly #abort = new AbortController();
  #activeSince: number | undefined;
  #pipelineFailure: Failure | undefined;
  #damagedSince: number | undefined;
  /** Resolves when nothing is left of it. */
  readonly ended: Promise<void>;

  /** Begins. */
  constructor(options: CameraRunOptions) {
    this.#options = options;
    this.ended = this.#run();
  }

  /** Since when it has been active without a break, in monotonic milliseconds; `undefined` while it is not. */
  get activeSince(): number | undefined {
    return this.#activeSince;
  }

  /** Whether it is going off. */
  get isStopping(): boolean {
    return this.#abort.signal.aborted;
  }

  /** Begins to go off. */
  stop(): void {
    if (this.isStopping) return;
    this.#abort.abort();
    const { session } = this.#options.stream;
    if (session.state === "active") session.transitionTo("stopping");
  }

  /** Notes a result, which makes it active. */
  noteResult(): void {
    this.#activeSince ??= performance.now();
    this.#damagedSince = undefined;
  }

  /** Notes that a frame could not be looked at; the source is opened anew, unless it was one damaged image among others. */
  notePipelineFailure(failure: Failure): void {
    const now = performance.now();
    this.#damagedSince ??= now;
    const isDamage = failure.code === "invalid_frame";
    if (isDamage && now - this.#damagedSince < DAMAGED_MS) return;
    this.#pipelineFailure = failure;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    const { stream, onFailure, onRestart } = this.#options;
    const { session } = stream;
    const backoff = new Backoff();
    while (!signal.aborted) {
      session.transitionTo("starting");
      const failure = await this.#play(signal);
      if (signal.aborted) break;
      const activeMs = performance.now() - (this.#activeSince ?? performance.now());
      this.#activeSince = undefined;
      const retryMs = backoff.next(activeMs);
      session.recordError(failure.code, failure.detail);
      onFailure(failure, retryMs);
      await pause(retryMs, signal);
      if (!signal.aborted) onRestart();
    }
    this.#activeSince = undefined;
    await stream.drain(DRAIN_MS);
    // A camera that was still starting has not stopped, but given up; that is no error.
    if (session.state === "starting") session.transitionTo("failed");
    session.transitionTo("idle");
  }

  /** Feeds the stream until the source ends; returns why. */
  async #play(signal: AbortSignal): Promise<Failure> {
    const { stream, open, onSource, onFrame, describe } = this.#options;
    this.#pipelineFailure = undefined;
    this.#damagedSince = undefined;
    try {
      await using source = await open(signal);
      onSource(source);
      for await (const frame of source.frames()) {
        if (signal.aborted || this.#pipelineFailure !== undefined) break;
        stream.receive(bufferOf(frame.jpeg));
        onFrame(frame);
      }
    } catch (error) {
      return this.#pipelineFailure ?? describe(error);
    } finally {
      onSource(undefined);
    }
    return this.#pipelineFailure ?? { code: "ended", detail: "The source has ended" };
  }
}

/** The bytes in a buffer of their own. */
function bufferOf(bytes: Uint8Array<ArrayBuffer>): ArrayBuffer {
  return bytes.length === bytes.buffer.byteLength ? bytes.buffer : bytes.slice().buffer;
}
