/** Records an image with its overlay as a video. */

import type { Size } from "../../image/size.ts";

/** A finished recording. */
export interface Recording {
  /** The whole recording, without sound. */
  video: Blob;
  /** Of a file name: `webm`, or `mp4` in browsers that have no WebM. */
  extension: "webm" | "mp4";
}

/** Options for {@linkcode OverlayRecorder}. */
export interface OverlayRecorderOptions {
  /** Size of the video, in pixels. */
  size: Size;
  /** Draws the present image. */
  draw: (context: CanvasRenderingContext2D) => void;
}

/** In the order of preference. */
const TYPES = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm", "video/mp4"];
/** Cameras and results come no faster. */
const FPS = 30;
/** Labels stay sharp, at some 30 MB a minute. */
const BITS_PER_SECOND = 4_000_000;
/** How often what was encoded is handed over, so that it does not pile up in the encoder. */
const CHUNK_MS = 1000;

/**
 * Records what is drawn, in this browser only.
 *
 * @example
 * ```ts
 * const recorder = new OverlayRecorder({ size, draw: (context) => context.drawImage(video, 0, 0) });
 * // …
 * const { video } = await recorder.finish();
 * ```
 */
export class OverlayRecorder {
  readonly #recorder: MediaRecorder;
  readonly #type: string;
  readonly #chunks: Blob[] = [];
  readonly #timer: ReturnType<typeof setInterval>;

  /** Whether this browser can record. */
  static get isSupported(): boolean {
    return recordingType() !== undefined;
  }

  /**
   * Begins to record.
   *
   * @throws {Error} If this browser cannot.
   */
  constructor({ size, draw }: OverlayRecorderOptions) {
    const type = recordingType();
    const canvas = document.createElement("canvas");
    canvas.width = size.width;
    canvas.height = size.height;
    const context = canvas.getContext("2d", { alpha: false });
    if (type === undefined || context === null) throw new Error("Cannot record in this browser");
    draw(context);
    this.#type = type;
    this.#recorder = new MediaRecorder(canvas.captureStream(FPS), {
      mimeType: type,
      videoBitsPerSecond: BITS_PER_SECOND,
    });
    this.#recorder.ondataavailable = ({ data }) => this.#chunks.push(data);
    this.#recorder.start(CHUNK_MS);
    this.#timer = setInterval(() => draw(context), 1000 / FPS);
  }

  /** Ends the recording and gives it. */
  async finish(): Promise<Recording> {
    clearInterval(this.#timer);
    await new Promise<void>((resolve) => {
      this.#recorder.onstop = () => resolve();
      this.#recorder.stop();
    });
    for (const track of this.#recorder.stream.getTracks()) track.stop();
    return {
      video: new Blob(this.#chunks, { type: this.#type }),
      extension: this.#type.startsWith("video/mp4") ? "mp4" : "webm",
    };
  }
}

function recordingType(): string | undefined {
  if (typeof MediaRecorder === "undefined") return undefined;
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type));
}
