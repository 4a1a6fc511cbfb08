/**
 * A look at the outer structure of an MP4 or QuickTime file, without decoding anything.
 *
 * @module
 */

/** Bytes that are read at once: many small boxes, or the head of a large one. */
const WINDOW_BYTES = 4096;

/**
 * Most reads for one file. A video that is cut into pieces of a second has two for each of them; a file made of
 * millions of boxes is none that a camera or an encoder has written.
 */
const MAX_READS = 20_000;

/**
 * Whether an MP4 or QuickTime file lacks its end, as after an upload or a recording that broke off: a box (ISO/IEC 14496-12, 4.2) that
 * holds media, or the index of it, reaches past the end of the file.
 *
 * A crafted file can keep this busy for a while, so it belongs in the decode process. It gives up after 20,000 reads, and then
 * says no.
 *
 * @param readAt Reads up to so many bytes at an offset
 */
export async function isCutOff(
  fileBytes: number,
  readAt: (offset: number, length: number) => Promise<Uint8Array>,
): Promise<boolean> {
  let start = 0;
  let view: DataView = new DataView(new ArrayBuffer(0));
  let reads = 0;
  for (let offset = 0; offset + 8 <= fileBytes;) {
    const end = start + view.byteLength;
    if (offset + 16 > end && end < fileBytes) {
      if (++reads > MAX_READS) return false;
      const window = await readAt(offset, WINDOW_BYTES);
      view = new DataView(window.buffer, window.byteOffset, window.length);
      start = offset;
    }
    const at = offset - start;
    if (at + 8 > view.byteLength) return false;
    const size = boxSize(view, at);
    // 0 stands for "to the end of the file"; anything else below a head's size is no MP4.
    if (size < 8) return false;
    if (offset + size > fileBytes) return MEDIA_BOXES.includes(view.getUint32(at + 4));
    offset += size;
  }
  return false;
}

/** `mdat`, `moov` and `moof`. */
const MEDIA_BOXES = [0x6d646174, 0x6d6f6f76, 0x6d6f6f66];

/** The size in bytes of the box that begins at an offset. */
function boxSize(view: DataView, at: number): number {
  const size = view.getUint32(at);
  return size === 1 && at + 16 <= view.byteLength ? Number(view.getBigUint64(at + 8)) : size;
}
