/** Videos for tests, made with ffmpeg from the pictures in `tests/fixtures`. */

import { isMissing } from "../needs.ts";

const FIXTURES = `${import.meta.dirname}/../fixtures/`;

/** Whether the tests here have to be skipped, because there is no ffmpeg to make videos with. */
export const withoutFfmpeg = isMissing("ffmpeg");

/** A video of ten frames that show dog.jpg, at 640×480 and 25 frames a second; it is there without ffmpeg. */
export const DOG_VIDEO = `${FIXTURES}dog.mp4`;

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
