import { Buffer } from "node:buffer";
import { expect } from "expect";
import { AV_LOG_QUIET, AV_PICTURE_TYPE_I, AV_PIX_FMT_YUV420P } from "node-av/constants";
import { FormatContext, Frame, Log } from "node-av/lib";
import { H264Track } from "../../lib/video/h264_track.ts";
import { withoutFfmpeg } from "./media.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

const SIZE = { width: 64, height: 48 };
const GREY = Buffer.alloc(64 * 48 * 3 / 2, 128);

/** Writes grey images at some times, and reads the times and types of what was written. */
async function write(timesMs: readonly number[], keyframes: readonly number[] = []) {
  Log.setLevel(AV_LOG_QUIET);
  await using folder = await temporaryDirectory();
  const path = `${folder.path}/video.mp4`;
  await using format = new FormatContext();
  format.allocOutputContext2(null, "mp4", path);
  using track = await H264Track.add(format, { size: SIZE, options: { "forced-idr": "1" } });
  expect(await format.openOutput()).toBe(0);
  expect(await format.writeHeader()).toBeGreaterThanOrEqual(0);
  for (const [index, timeMs] of timesMs.entries()) {
    using image = Frame.fromVideoBuffer(GREY, {
      ...SIZE,
      format: AV_PIX_FMT_YUV420P,
      timeBase: { num: 1, den: 1000 },
    });
    image.pictType = AV_PICTURE_TYPE_I;
    await track.write(image, timeMs, keyframes.includes(index));
  }
  await track.end();
  expect(await format.writeTrailer()).toBe(0);
  await format.closeOutput();
  const entries = "frame=pts_time,key_frame";
  const { stdout } = await new Deno.Command("ffprobe", {
    args: ["-v", "error", "-of", "json", "-show_entries", entries, path],
  }).output();
  const { frames }: { frames: { pts_time: string; key_frame: number }[] } = JSON.parse(
    new TextDecoder().decode(stdout),
  );
  return {
    timesMs: frames.map((frame) => Math.round(Number(frame.pts_time) * 1000)),
    keyframes: frames.flatMap((frame, index) => frame.key_frame === 1 ? [index] : []),
  };
}

Deno.test({
  name: "H264Track writes all images in order, each later than the one before",
  ignore: withoutFfmpeg,
  async fn() {
    const { timesMs } = await write([0, 40, 40, 30, 100.4, 500]);
    expect(timesMs).toEqual([0, 40, 41, 42, 100, 500]);
  },
});

Deno.test({
  name: "H264Track makes keyframes where they are asked for, and not where the source had them",
  ignore: withoutFfmpeg,
  async fn() {
    const timesMs = Array.from({ length: 30 }, (_, index) => index * 40);
    expect((await write(timesMs)).keyframes).toEqual([0]);
    expect((await write(timesMs, [7, 20])).keyframes).toEqual([0, 7, 20]);
  },
});
