/** Decodes frames as the server does, so that boxes lie where the server found them. */

const START_OF_SCAN = 0xda;
/** Holds EXIF and XMP. */
const APP1 = 0xe1;

/**
 * Decodes a frame of a stream without regard to an EXIF orientation: the coordinates of its result are those of the
 * frame as it was sent.
 *
 * @throws {DOMException} If the browser cannot decode it.
 */
export async function decodeFrame(jpeg: Blob): Promise<ImageBitmap> {
  return await createImageBitmap(await withoutExif(jpeg));
}

/** The same JPEG without EXIF; browsers can no longer be told to ignore its orientation. */
export async function withoutExif(jpeg: Blob): Promise<Blob> {
  const bytes = new DataView(await jpeg.arrayBuffer());
  const parts: Blob[] = [];
  let kept = 0;
  // After SOI there are segments, each a marker of two bytes and its length, up to the first scan.
  for (let at = 2; at + 4 <= bytes.byteLength;) {
    const marker = bytes.getUint16(at) - 0xff00;
    if (marker < 0 || marker === START_OF_SCAN) break;
    const next = at + 2 + bytes.getUint16(at + 2);
    if (marker === APP1) {
      parts.push(jpeg.slice(kept, at));
      kept = next;
    }
    at = next;
  }
  return kept === 0 ? jpeg : new Blob([...parts, jpeg.slice(kept)], { type: jpeg.type });
}
