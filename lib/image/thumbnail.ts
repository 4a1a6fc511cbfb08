/**
 * Small copies of images.
 *
 * @module
 */

import sharp from "sharp";
import { boundImage } from "./bounded_image.ts";
import { ImageDecodeError } from "./errors.ts";

/** Longest side of a thumbnail, in pixels. */
const LONGEST_SIDE = 320;
const QUALITY = 70;

/**
 * Makes a small copy of a frame, without what is noted in it: neither EXIF nor a colour profile. The work is done by threads of
 * sharp's own.
 *
 * @param jpeg Shown as it was sent, whatever its EXIF orientation, as coordinates of results have it
 * @param maxPixels Most pixels that it may have
 * @returns A JPEG of at most 320×320 pixels
 * @throws {ImageDecodeError} If it cannot be decoded, or is larger
 */
export async function makeThumbnail(
  jpeg: Uint8Array,
  maxPixels: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const source = boundImage(jpeg);
  try {
    const small = await sharp(source, { limitInputPixels: maxPixels, ignoreIcc: true })
      .resize(LONGEST_SIDE, LONGEST_SIDE, { fit: "inside", withoutEnlargement: true })
      .jpeg({ quality: QUALITY }).toBuffer();
    return new Uint8Array(small);
  } catch (cause) {
    throw new ImageDecodeError("Cannot decode the image", { cause });
  }
}
