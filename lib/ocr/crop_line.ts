import type { PixelImage } from "../image/pixel_image.ts";
import { measureQuadrilateral, type Quadrilateral } from "./geometry.ts";

/** Where {@linkcode cropLine} writes to. */
export interface CropTarget {
  /** HWC uint8 RGB. */
  pixels: Uint8Array;
  /** Index in `pixels` of the crop's first value. */
  offset: number;
  /** Values from one row to the next. */
  stride: number;
  /** Width of the crop, in pixels. */
  width: number;
  /** Height of the crop, in pixels. */
  height: number;
}

/**
 * Copies a parallelogram of an image into an upright rectangle.
 *
 * Pixels are interpolated linearly between four neighbours; where the crop is smaller than its source,
 * several samples are averaged, so that thin strokes do not break. Outside of the image its edge goes on.
 *
 * @param corners In pixels of the image; the fourth follows from the other three.
 */
export function cropLine(image: PixelImage, corners: Quadrilateral, target: CropTarget): void {
  const [[originX, originY], topRight, , bottomLeft] = corners;
  const { width, height } = measureQuadrilateral(corners);
  const columns = Math.max(1, Math.round(width / target.width));
  const rows = Math.max(1, Math.round(height / target.height));
  const stepX = 1 / (target.width * columns);
  const stepY = 1 / (target.height * rows);
  const alongX = (topRight[0] - originX) * stepX;
  const alongY = (topRight[1] - originY) * stepX;
  const acrossX = (bottomLeft[0] - originX) * stepY;
  const acrossY = (bottomLeft[1] - originY) * stepY;
  const { pixels, offset, stride } = target;
  const sums = new Float64Array(3);
  for (let row = 0; row < target.height; row++) {
    let to = offset + row * stride;
    for (let column = 0; column < target.width; column++, to += 3) {
      sums.fill(0);
      for (let i = 0; i < rows; i++) {
        const down = row * rows + i + 0.5;
        for (let j = 0; j < columns; j++) {
          const right = column * columns + j + 0.5;
          // A pixel's value stands for its middle.
          const x = originX + right * alongX + down * acrossX - 0.5;
          const y = originY + right * alongY + down * acrossY - 0.5;
          addSample(image, x, y, sums);
        }
      }
      const share = 1 / (rows * columns);
      pixels[to] = (sums[0] ?? 0) * share + 0.5;
      pixels[to + 1] = (sums[1] ?? 0) * share + 0.5;
      pixels[to + 2] = (sums[2] ?? 0) * share + 0.5;
    }
  }
}

function addSample(
  { pixels, width, height }: PixelImage,
  x: number,
  y: number,
  sums: Float64Array,
) {
  const clampedX = Math.min(Math.max(x, 0), width - 1);
  const clampedY = Math.min(Math.max(y, 0), height - 1);
  const left = Math.floor(clampedX);
  const top = Math.floor(clampedY);
  const shareX = clampedX - left;
  const shareY = clampedY - top;
  const upper = (top * width + left) * 3;
  const lower = top + 1 < height ? upper + width * 3 : upper;
  const next = left + 1 < width ? 3 : 0;
  for (let channel = 0; channel < 3; channel++) {
    const a = pixels[upper + channel] ?? 0;
    const b = pixels[upper + next + channel] ?? 0;
    const c = pixels[lower + channel] ?? 0;
    const d = pixels[lower + next + channel] ?? 0;
    const above = a + (b - a) * shareX;
    const below = c + (d - c) * shareX;
    sums[channel] = (sums[channel] ?? 0) + above + (below - above) * shareY;
  }
}
