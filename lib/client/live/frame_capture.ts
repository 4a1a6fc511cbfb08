/** Turns what a video or a canvas shows into JPEG frames for the stream. */

import type { Explanation } from "../explanation.ts";
import type { Size } from "../../image/size.ts";

/** The longer and the shorter side that a frame is scaled down to. */
const FRAME_SIDES = { longer: 640, shorter: 480 };
/** A good image for the detector at some 60 KB a frame; at 1, Chromium writes 4:4:4, which takes longer to decode. */
const JPEG_QUALITY = 0.8;

/**
 * The size at which an image is sent: within 640×480 (480×640 when upright), its aspect kept, never enlarged.
 *
 * @param share Of that size, above 0 and up to 1.
 * @returns Whole pixels, at least 1.
 */
export function frameSize({ width, height }: Size, share = 1): Size {
  const scale = share * Math.min(
    1,
    FRAME_SIDES.longer / Math.max(width, height),
    FRAME_SIDES.shorter / Math.min(width, height),
  );
  return {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
}

/** What can be captured: a playing video, or a canvas that holds a still image. */
export type CaptureElement = HTMLVideoElement | HTMLCanvasElement;

/** The size of an element's own image, before any scaling on the page; 0×0 while it has none. */
export function sourceSize(element: CaptureElement): Size {
  return "videoWidth" in element
    ? { width: element.videoWidth, height: element.videoHeight }
    : { width: element.width, height: element.height };
}

/** Encodes frames, on one canvas that it keeps. */
export class FrameEncoder {
  #canvas: OffscreenCanvas | HTMLCanvasElement | null = null;
  #scale = 1;

  /** Encodes frames of half the width and height from now on, because the server takes none as large. */
  shrink(): void {
    this.#scale /= 2;
  }

  /**
   * Encodes what an element shows now.
   *
   * @returns One complete JPEG; `null` while the element has no image.
   * @throws {Error} If the browser cannot encode it.
   */
  async encode(element: CaptureElement): Promise<Uint8Array<ArrayBuffer> | null> {
    const source = sourceSize(element);
    if (source.width === 0 || source.height === 0) return null;
    const { width, height } = frameSize(source, this.#scale);
    const canvas = this.#canvas ??= createCanvas();
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    const context = canvas.getContext("2d", { alpha: false }) as
      | CanvasRenderingContext2D
      | OffscreenCanvasRenderingContext2D
      | null;
    if (context === null) throw new Error("Cannot capture a frame: the browser gives no canvas");
    context.drawImage(element, 0, 0, width, height);
    const blob = await encodeJpeg(canvas);
    return new Uint8Array(await blob.arrayBuffer());
  }
}

function createCanvas(): OffscreenCanvas | HTMLCanvasElement {
  return typeof OffscreenCanvas === "undefined"
    ? document.createElement("canvas")
    : new OffscreenCanvas(1, 1);
}

function encodeJpeg(canvas: OffscreenCanvas | HTMLCanvasElement): Promise<Blob> {
  if ("convertToBlob" in canvas) {
    return canvas.convertToBlob({ type: "image/jpeg", quality: JPEG_QUALITY });
  }
  return new Promise((resolve, reject) => {
    canvas.toBlob(
      (blob) => blob === null ? reject(new Error("Cannot encode a frame as JPEG")) : resolve(blob),
      "image/jpeg",
      JPEG_QUALITY,
    );
  });
}

/** What to tell the person where the browser cannot encode. */
export const ENCODING_FAILED: Explanation = {
  title: "This browser cannot encode the image",
  remedy: "Start again, or open the page in another browser.",
};
