/**
 * What a stream needs from a pipeline.
 *
 * @module
 */

import { NamedError } from "../named_error.ts";
import type { PipelineResult, Quality } from "../protocol/result.ts";

/** How to process a frame. */
export interface FrameOptions {
  /** The step of the session's ladder to use; the result may tell the detector's input that came of it. */
  quality: Quality;
  /** When the frame arrived, in monotonic milliseconds; it may have waited since. */
  arrivedMs: number;
  /** Whether a client sends the frames, or a camera of the server gives them, which waits for those. */
  priority: "stream" | "camera";
}

/**
 * Finds things in frames.
 *
 * It is declared here and implemented elsewhere, so that sessions know nothing about models, and frames could just as well be
 * sent to another machine.
 */
export interface FrameProcessor {
  /** Whether there is a pipeline of this id. */
  isValidPipeline(pipelineId: string): boolean;

  /**
   * Runs a pipeline on one frame.
   *
   * @param frameIndex 1 for the first frame of the session
   * @param frameBytes One JPEG; its buffer may be taken away from the caller
   * @param sessionId Sessions take turns; one has at most one frame in flight
   * @throws {InvalidFrameError} If the frame cannot be decoded
   * @throws {FrameDroppedError} If there is no time for it; any other error is the pipeline's own failure
   */
  runOnFrame(
    pipelineId: string,
    frameIndex: number,
    frameBytes: Uint8Array<ArrayBuffer>,
    sessionId: string,
    options: FrameOptions,
  ): Promise<PipelineResult>;

  /** Forgets what is known of a session that has ended. */
  endSession?(sessionId: string): void;
}

/** Thrown by a {@linkcode FrameProcessor} for a frame that it cannot take now, though it may take the next. */
export class FrameDroppedError extends NamedError {}

/** Thrown by a {@linkcode FrameProcessor} for a frame that looked like a JPEG but is not one. */
export class InvalidFrameError extends NamedError {}
