/**
 * What looks at the results of a stream together with their frames.
 *
 * @module
 */

import type { PipelineResult } from "../protocol/result.ts";

/** A frame that has been looked at. */
export interface ObservedFrame {
  /** As it was received. */
  jpeg: Uint8Array<ArrayBuffer>;
  /** When it arrived, in monotonic milliseconds. */
  arrivedMs: number;
}

/** Looks at the results of one stream, in the order of the frames. */
export interface ResultObserver {
  /** Takes a result. It neither waits nor throws. */
  observe(result: PipelineResult, frame: ObservedFrame): void;
}

/** Makes observers for the streams of clients that ask for them, declared here and implemented elsewhere. */
export interface StreamObservers {
  /** Whether there is something of this name to look for. */
  has(name: string): boolean;
  /** Begins to look for it in a stream. */
  open(name: string, sessionId: string): ResultObserver;
}
