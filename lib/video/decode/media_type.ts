/** Tells what kind of video a file is, for browsers that want to know before they play it. */

/** Bytes at the start of a file that tell. */
const START_BYTES = 4;

const EBML = 0x1a45dfa3;
const RIFF = 0x52494646;
const SYNC_BYTE = 0x47;

/**
 * The media type of a video that starts like this. Of what plays as MP4 nothing further is told apart, nor are Matroska and WebM:
 * browsers play either by what is in it.
 */
export function mediaType(start: Uint8Array): string {
  if (start.length < START_BYTES) return "application/octet-stream";
  const first = new DataView(start.buffer, start.byteOffset, START_BYTES).getUint32(0);
  if (first === EBML) return "video/webm";
  if (first === RIFF) return "video/x-msvideo";
  // The length of the first box of an MP4 is never as large as this would make it.
  return start[0] === SYNC_BYTE ? "video/mp2t" : "video/mp4";
}

/** The media type of the video at a path; that of any file where there is none. */
export async function mediaTypeOf(path: string): Promise<string> {
  const start = new Uint8Array(START_BYTES);
  try {
    using file = await Deno.open(path);
    return mediaType(start.subarray(0, await file.read(start) ?? 0));
  } catch {
    return mediaType(start.subarray(0, 0));
  }
}
