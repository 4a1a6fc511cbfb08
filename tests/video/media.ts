/** Videos for tests, made with ffmpeg from the images in `tests/fixtures`. */

import { isMissing } from "../needs.ts";

const FIXTURES = `${import.meta.dirname}/../fixtures/`;

/** Whether the tests here have to be skipped, because there is no ffmpeg to make videos with. */
export const withoutFfmpeg = isMissing("ffmpeg");

/** A video of ten frames that show dog.jpg, at 640×480 and 25 frames a second; it is there without ffmpeg. */
export const DOG_VIDEO = `${FIXTURES}dog.mp4`;

/** A video that an edit list trims: 77 frames stored, 32 shown, 30 a second. */
export const EDITED_VIDEO = `${FIXTURES}videos/edit.mp4`;

/** A recording of a browser, in WebM, that does not tell how long it is: 60 frames, 30 a second. */
export const LIVE_VIDEO = `${FIXTURES}videos/live.webm`;

/** A video of 21 frames, 30 a second at first and then some four. */
export const UNEVEN_VIDEO = `${FIXTURES}videos/vfr.mp4`;

/** A video of dog.jpg that changes its size: three frames each of 320×240, 240×320 (the left part) and 512×384, 10 a second. */
export const CHANGING_VIDEO = `${FIXTURES}videos/sizes.webm`;

/** Runs ffmpeg quietly, over what is there already. */
export async function ffmpeg(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ffmpeg", {
    args: ["-v", "error", "-nostdin", "-y", ...args],
  }).output();
  if (!success) throw new Error(`Cannot make a video: ${new TextDecoder().decode(stderr)}`);
}

/** Encoder arguments for H.264 that ffmpeg writes fast. */
export const H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p"];

/** Makes a video that shows dog.jpg, at 640×480 and 25 frames a second. */
export async function makeDogVideo(path: string, frames: number): Promise<void> {
  const input = ["-loop", "1", "-r", "25", "-i", `${FIXTURES}dog.jpg`];
  await ffmpeg(...input, "-frames:v", `${frames}`, "-vf", "scale=640:480", ...H264, path);
}

/** Makes a video of a moving test card, at 320×240 and 25 frames a second unless `source` says otherwise. */
export async function makeTestCard(
  path: string,
  frames: number,
  { source = "testsrc2=s=320x240:r=25", encoder = H264 }: { source?: string; encoder?: string[] } =
    {},
): Promise<void> {
  await ffmpeg("-f", "lavfi", "-i", source, "-frames:v", `${frames}`, ...encoder, path);
}
