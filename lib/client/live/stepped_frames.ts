/** Shows answered frames in place of the live image, each with what was found in it. */

import type { AnsweredFrame, LiveSignals } from "./live_signals.ts";
import { decodeFrame } from "../watch/decode_frame.ts";

/** Whether answered frames are to be shown in place of the live image; a still image has no delay to be rid of. */
export function isInStep({ inStep, stage: { value: stage } }: LiveSignals): boolean {
  return inStep.value && stage.phase === "running" && stage.kind !== "image";
}

/** Draws the newest answered frame on a canvas; those that come while one is decoded are left out, except for the last. */
export class SteppedFrames {
  readonly #signals: LiveSignals;
  readonly #decode: (jpeg: Blob) => Promise<ImageBitmap>;
  #next: AnsweredFrame | null = null;
  #isDecoding = false;

  /**
   * Begins with nothing shown.
   *
   * @param decode Decodes a JPEG; the browser's own way by default
   */
  constructor(signals: LiveSignals, decode: (jpeg: Blob) => Promise<ImageBitmap> = decodeFrame) {
    this.#signals = signals;
    this.#decode = decode;
  }

  /** Draws a frame, and makes its result the one that is shown, unless a newer one comes meanwhile. */
  async show(frame: AnsweredFrame, canvas: HTMLCanvasElement): Promise<void> {
    this.#next = frame;
    if (this.#isDecoding) return;
    this.#isDecoding = true;
    for (let next = this.#take(); next !== null; next = this.#take()) {
      const image = await this.#decode(next.jpeg).catch(() => null);
      // Out of memory: the next one may do.
      if (image === null) continue;
      if (isInStep(this.#signals)) draw(image, canvas);
      this.#signals.steppedResult.value = isInStep(this.#signals) ? next.message : null;
      image.close();
    }
    this.#isDecoding = false;
  }

  #take(): AnsweredFrame | null {
    const next = this.#next;
    this.#next = null;
    return next;
  }
}

function draw(image: ImageBitmap, canvas: HTMLCanvasElement): void {
  if (canvas.width !== image.width) canvas.width = image.width;
  if (canvas.height !== image.height) canvas.height = image.height;
  canvas.getContext("2d")?.drawImage(image, 0, 0);
}
