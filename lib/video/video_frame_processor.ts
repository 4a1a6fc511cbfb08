/**
 * What a video job needs from a pipeline.
 *
 * @module
 */

import type { PipelineResult } from "../protocol/result.ts";

/** Raw pixels of one frame. */
export interface Pixels {
  /** HWC uint8 RGB, length `width * height * 3`. */
  data: Uint8Array<ArrayBuffer>;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
}

/**
 * Finds things in frames of videos.
 *
 * It is declared here and implemented elsewhere, so that jobs know nothing about models and workers.
 */
export interface VideoFrameProcessor {
  /**
   * Runs a pipeline on one frame, once there is nothing more urgent to do. Frames of a job come in order, but several may come
   * before the first is answered.
   *
   * @param jobId Jobs take turns with live sessions, under this id
   * @param frameIndex Counted from 0 in the file
   * @param pixels Its buffer may be taken away from the caller
   * @param signal Gives up a frame that still waits, once it is aborted
   * @returns A result whose coordinates are pixels of the frame as given
   */
  runOnPixels(
    pipelineId: string,
    jobId: string,
    frameIndex: number,
    pixels: Pixels,
    signal: AbortSignal,
  ): Promise<PipelineResult>;

  /**
   * Tracks objects, if that is wanted: gives those of a result that were seen in the frames before the same `track_id`.
   *
   * Called for every frame of a job, in the order of the frames.
   *
   * @param timestampMs From the start of the file
   */
  follow?(pipelineId: string, jobId: string, result: PipelineResult, timestampMs: number): void;

  /** Called when no more frames of a job come, for now or for ever; what is remembered about it can go. */
  endJob?(jobId: string): void;
}
