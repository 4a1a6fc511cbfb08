/**
 * What pipelines run on.
 *
 * @module
 */

import type { PixelImage } from "../image/pixel_image.ts";
import type { PipelineResult, Quality } from "../protocol/result.ts";
import type { FramePriority } from "./interval_nodes.ts";

/** A frame of a stream. */
export interface StreamFrame {
  /** Id of the pipeline to run. */
  pipelineId: string;
  /** The stream; streams take turns, one frame of each at a time. */
  sessionId: string;
  /** Number of the frame in its stream, from 1. */
  frameIndex: number;
  /** A JPEG; not to be used afterwards, since its memory goes to a worker. */
  bytes: Uint8Array;
  /** Input of the detector in pixels, multiples of 32, and how it is called; that of the options where it is not given. */
  quality?: Quality | undefined;
  /**
   * When the frame arrived, in monotonic milliseconds.
   *
   * @default {performance.now()}
   */
  arrivedMs?: number;
  /**
   * Whether a client sends the frames, or a camera of the server gives them: frames of clients go first.
   *
   * @default {"stream"}
   */
  priority?: FramePriority;
}

/** A single image. */
export interface SingleImage {
  /** Id of the pipeline to run. */
  pipelineId: string;
  /** JPEG, PNG or WebP; not to be used afterwards, since its memory goes to a worker. */
  bytes: Uint8Array;
}

/** A frame of a video, decoded. */
export interface VideoFrame {
  /** Id of the pipeline to run. */
  pipelineId: string;
  /** The video; its frames take turns with those of others, and several may be under way. */
  sessionId: string;
  /** Number of the frame in the video, from 0. */
  frameIndex: number;
  /** Not to be used afterwards, since its memory goes to a worker. */
  image: PixelImage;
  /** Gives the frame up while it waits, once it is aborted. */
  signal?: AbortSignal;
}

/** What was found in a frame of a video. */
export interface VideoResult {
  /** Id of the pipeline that found it. */
  pipelineId: string;
  /** The video. */
  sessionId: string;
  /** That of the next frame; its detections are replaced. */
  result: PipelineResult;
  /** When the frame was taken, in milliseconds from the start of the video. */
  timestampMs: number;
}
