import type { BoundingBox } from "../protocol/geometry.ts";
import type { PixelImage } from "./pixel_image.ts";

/** A part of an image. */
export interface Crop {
  /** The pixels. */
  image: PixelImage;
  /** Column of the image that the crop begins at. */
  left: number;
  /** Row of the image that the crop begins at. */
  top: number;
}

/**
 * Copies the whole pixels that a box touches.
 *
 * @param box In pixels of the image
 * @param margin Pixels that are taken around the box, where the image has them
 * @returns `undefined` where the box lies outside of the image, or is empty
 */
export function cropBox(
  { pixels, width, height }: PixelImage,
  [x, y, boxWidth, boxHeight]: BoundingBox,
  margin = 0,
): Crop | undefined {
  if (!(boxWidth > 0 && boxHeight > 0)) return undefined;
  const left = Math.max(0, Math.floor(x - margin));
  const top = Math.max(0, Math.floor(y - margin));
  const right = Math.min(width, Math.ceil(x + boxWidth + margin));
  const bottom = Math.min(height, Math.ceil(y + boxHeight + margin));
  if (right <= left || bottom <= top) return undefined;
  const rowLength = (right - left) * 3;
  const crop = new Uint8Array(rowLength * (bottom - top));
  for (let row = top; row < bottom; row++) {
    const start = (row * width + left) * 3;
    crop.set(pixels.subarray(start, start + rowLength), (row - top) * rowLength);
  }
  return { image: { pixels: crop, width: right - left, height: bottom - top }, left, top };
}
