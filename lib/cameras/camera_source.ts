/**
 * What a camera needs of whatever opens its address.
 *
 * @module
 */

import type { PipelineResult } from "../protocol/result.ts";
import type { Size } from "../image/size.ts";

/** How to open an address. */
export interface SourceOptions {
  /** Most frames a second. */
  fps: number;
  /** Frames are scaled down to fit within this, never up; with `anyShape` they may be as large in area, whatever their shape. */
  frameSize: Size & { anyShape?: boolean };
  /** Ends the source once it is aborted. */
  signal?: AbortSignal;
}

/** A frame of a source. */
export interface SourceFrame {
  /** A JPEG; the receiver may transfer its buffer. */
  jpeg: Uint8Array<ArrayBuffer>;
  /** Counted in the source from 0. */
  frameIndex: number;
}

/** An address that has been opened. */
export interface CameraSource extends AsyncDisposable {
  /** What it says of itself. */
  readonly info: { width: number; height: number; fps: number | null; codec: string };
  /** Frames that were replaced by newer ones because nobody took them in time. */
  readonly droppedFrames: number;
  /** Whether the video that was begun last has ended, since it cannot be written. */
  readonly hasVideoFailed: boolean;
  /**
   * The newest frame whenever one is asked for.
   *
   * @throws {SourceFailure} Once there are no more
   */
  frames(): AsyncIterable<SourceFrame>;
  /** Begins a video with results drawn in, in an empty directory given by its absolute path; `null` ends it. */
  play(hls: { directory: string } | null): void;
  /** Tells what was found in a frame, for the video. */
  annotate(frameIndex: number, result: PipelineResult): void;
}

/**
 * Opens an address.
 *
 * @throws {SourceFailure} If it gives no frames
 */
export type OpenSource = (url: string, options: SourceOptions) => Promise<CameraSource>;

/** The errors by which a source tells people why it gives no frames. */
export interface SourceFailure extends Error {
  /** A word for programs, such as `unreachable`. */
  readonly code: string;
}

/** Why a camera gives no frames. */
export interface Failure {
  /** A word for programs. */
  code: string;
  /** A sentence for people. */
  detail: string;
  /** What went wrong inside, for the log. */
  cause?: string;
}

/** Tells what people may know of an error. */
export function toFailure(error: unknown, isFailure: (error: unknown) => boolean): Failure {
  if (isFailure(error) && error instanceof Error && "code" in error) {
    return { code: String(error.code), detail: error.message };
  }
  return {
    code: "internal_error",
    detail: "Unexpected error occurred",
    cause: String(error),
  };
}
