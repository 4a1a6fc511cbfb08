/** Plays a video, and keeps what is drawn over it in step with its images. */

import { batch, effect } from "@preact/signals";
import { resultAt } from "./video_timeline.ts";
import type { VideoSignals } from "./video_signals.ts";

/** The player of one page. */
export class VideoPlayer {
  readonly #signals: VideoSignals;
  #video: HTMLVideoElement | undefined;

  /** Writes to `signals` where the video is and what was found there, once one is attached. */
  constructor(signals: VideoSignals) {
    this.#signals = signals;
  }

  /**
   * Takes over a video element.
   *
   * @returns Ends it.
   */
  attach(video: HTMLVideoElement): () => void {
    this.#video = video;
    const { isPlaying, isUnplayable, duration, time } = this.#signals;
    const controller = new AbortController();
    const { signal } = controller;
    const on = (type: keyof HTMLMediaElementEventMap, listener: () => void) =>
      video.addEventListener(type, listener, { signal });
    on("emptied", () =>
      batch(() => {
        time.value = 0;
        duration.value = 0;
        isPlaying.value = false;
        isUnplayable.value = false;
      }));
    on("durationchange", () => {
      if (Number.isFinite(video.duration)) duration.value = video.duration;
    });
    on("loadedmetadata", () => this.#show(video.currentTime));
    on("play", () => isPlaying.value = true);
    on("pause", () => isPlaying.value = false);
    on("error", () => isUnplayable.value = true);
    on("seeked", () => this.#show(video.currentTime));
    on("timeupdate", () => this.#show(video.currentTime));
    this.#followFrames(video, signal);
    const stop = effect(() => {
      this.#signals.results.value;
      this.#show(video.currentTime);
    });
    return () => {
      stop();
      controller.abort();
      this.#video = undefined;
    };
  }

  /** Plays, or pauses. */
  toggle(): void {
    const video = this.#video;
    if (video === undefined) return;
    if (video.paused) video.play().catch(() => {});
    else video.pause();
  }

  /** Goes to a time, in seconds. */
  seek(time: number): void {
    if (this.#video === undefined) return;
    this.#video.currentTime = time;
    this.#show(time);
  }

  /** Timed by the images themselves, where the browser tells of them, so that boxes lie where objects are. */
  #followFrames(video: HTMLVideoElement, signal: AbortSignal): void {
    if (!("requestVideoFrameCallback" in video)) return;
    const onFrame = (_now: number, { mediaTime }: VideoFrameCallbackMetadata) => {
      if (signal.aborted) return;
      this.#show(mediaTime);
      video.requestVideoFrameCallback(onFrame);
    };
    video.requestVideoFrameCallback(onFrame);
  }

  #show(now: number): void {
    const { live, results, time } = this.#signals;
    batch(() => {
      time.value = now;
      const loaded = results.peek();
      const found = loaded === null ? undefined : resultAt(loaded.results, now);
      live.stage.value = loaded?.results[0] === undefined
        ? { phase: "welcome" }
        : { phase: "running", kind: "video", name: "", isMirrored: false };
      if (found === undefined) live.lastResult.value = null;
      else if (found.frame_index !== live.lastResult.peek()?.frame_index) {
        live.lastResult.value = found;
      }
    });
  }
}

let pagePlayer: VideoPlayer | undefined;

/** The one player of this page, which its islands share; made on the first call. */
export function videoPlayer(signals: VideoSignals): VideoPlayer {
  return pagePlayer ??= new VideoPlayer(signals);
}
