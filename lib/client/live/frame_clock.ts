/** Calls back for every new frame of a video or a canvas. */

import type { CaptureElement } from "./frame_capture.ts";

/**
 * Calls `callback` whenever an element may show a new frame, until it is cancelled.
 *
 * A video tells of its own frames where the browser can (`requestVideoFrameCallback`); everything else is looked at
 * as often as the screen is painted.
 *
 * @param callback Receives the time in milliseconds, on the clock of `performance.now()`.
 * @returns Cancels.
 */
export function everyFrame(element: CaptureElement, callback: (now: number) => void): () => void {
  return "requestVideoFrameCallback" in element
    ? everyVideoFrame(element, callback)
    : everyPaint(callback);
}

function everyVideoFrame(video: HTMLVideoElement, callback: (now: number) => void): () => void {
  let handle = video.requestVideoFrameCallback(function onFrame(now) {
    handle = video.requestVideoFrameCallback(onFrame);
    callback(now);
  });
  return () => video.cancelVideoFrameCallback(handle);
}

function everyPaint(callback: (now: number) => void): () => void {
  let handle = requestAnimationFrame(function onPaint(now) {
    handle = requestAnimationFrame(onPaint);
    callback(now);
  });
  return () => cancelAnimationFrame(handle);
}
