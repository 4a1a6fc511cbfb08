/**
 * A look at the outer structure of an MP4, without decoding anything.
 *
 * @module
 */

/** Bytes at the start of a file within which an MP4 names itself. */
export const SIGNATURE_BYTES = 64;

/** Whether a file that starts like this says that it is an MP4: `ftyp` within the first 64 bytes. */
export function hasMp4Signature(start: Uint8Array): boolean {
  const text = new TextDecoder("latin1").decode(start.subarray(0, SIGNATURE_BYTES));
  return text.includes("ftyp");
}

/**
 * Whether an MP4 lacks its end, as after an upload or a recording that broke off: a box (ISO/IEC 14496-12, 4.2) that
 * holds media, or the index of it, reaches past the end of the file.
 *
 * @param readAt Reads up to 16 bytes at an offset
 */
export async function isCutOff(
  fileBytes: number,
  readAt: (offset: number) => Promise<Uint8Array>,
): Promise<boolean> {
  const latin1 = new TextDecoder("latin1");
  let offset = 0;
  while (offset + 8 <= fileBytes) {
    const head = await readAt(offset);
    if (head.length < 8) return false;
    const view = new DataView(head.buffer, head.byteOffset, head.length);
    const type = latin1.decode(head.subarray(4, 8));
    let size = view.getUint32(0);
    if (size === 1 && head.length >= 16) size = Number(view.getBigUint64(8));
    // 0 stands for "to the end of the file"; anything else below a head's size is no MP4.
    if (size < 8) return false;
    if (offset + size > fileBytes) return ["mdat", "moov", "moof"].includes(type);
    offset += size;
  }
  return false;
}
