/** An image in memory. */
export interface PixelImage {
  /** HWC uint8 RGB, length `width * height * 3`. */
  pixels: Uint8Array;
  /** Width in pixels. */
  width: number;
  /** Height in pixels. */
  height: number;
}

/** An image: encoded as JPEG, PNG or WebP, or as pixels. */
export type ImageInput = Uint8Array | PixelImage;
