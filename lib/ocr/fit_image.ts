/** Fits images into the input of a text detector. @module */

import sharp from "sharp";
import type { PixelImage } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";

/** How large images are shown to a text detector. */
export interface FitOptions {
  /** Longer side that an image may have for the network, in pixels; one that is long and low may have more. */
  maxSide: number;
  /** Share of its sides to which an image is made smaller, unless it is small already. */
  scale: number;
}

/** The network halves its image five times. */
const SIZE_STEP = 32;

/** Longer side up to which an image is never made smaller, in pixels. */
const SMALL_SIDE = 400;

/** Height of an image of the largest size, as a share of its width; a lower one may be wider. */
const LEAST_HEIGHT = 9 / 16;

/** Makes an image as small as a detector is to see it. */
export async function shrinkImage(image: PixelImage, options: FitOptions): Promise<PixelImage> {
  const scale = scaleFor(image, options);
  if (scale >= 1) return image;
  const { width, height } = image;
  const target = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const pixels = await sharp(image.pixels, { raw: { width, height, channels: 3 } })
    .resize({ ...target, fit: "fill", kernel: "linear" })
    .raw()
    .toBuffer();
  return { pixels, ...target };
}

/** Size of the input that an image lies in: multiples of 32. */
export function inputSizeFor({ width, height }: Size): Size {
  const roundUp = (side: number) => Math.ceil(side / SIZE_STEP) * SIZE_STEP;
  return { width: roundUp(width), height: roundUp(height) };
}

/**
 * Copies an image to the top left of an input, and goes on with its last column and row, since a sharp edge could look like a
 * stroke.
 *
 * @param target `[height, stride, 3]`
 * @param stride Width of the input, in pixels
 */
export function padImage(
  { pixels, width, height }: PixelImage,
  target: Uint8Array,
  stride: number,
): void {
  for (let row = 0; row < height; row++) {
    const from = row * width * 3;
    const to = row * stride * 3;
    target.set(pixels.subarray(from, from + width * 3), to);
    const end = to + stride * 3;
    for (let i = to + width * 3; i < end; i++) target[i] = target[i - 3] ?? 0;
  }
  const last = (height - 1) * stride * 3;
  for (let to = last + stride * 3; to < target.length; to += stride * 3) {
    target.copyWithin(to, last, last + stride * 3);
  }
}

/** What an image's sides are multiplied by for the network. */
function scaleFor({ width, height }: Size, { maxSide, scale }: FitOptions): number {
  const side = Math.max(width, height);
  const largest = Math.max(
    maxSide / side,
    maxSide * Math.sqrt(LEAST_HEIGHT / (width * height)),
  );
  return Math.min(1, largest, Math.max(scale, SMALL_SIDE / side));
}
