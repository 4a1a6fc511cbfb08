import { expect } from "expect";
import { VideoDecoder, type VideoDecoderOptions } from "../../lib/video/decode/video_decoder.ts";
import {
  CHANGING_VIDEO,
  DOG_VIDEO,
  EDITED_VIDEO,
  ffmpeg,
  H264,
  LIVE_VIDEO,
  makeTestCard,
  UNEVEN_VIDEO,
  withoutFfmpeg as ignore,
} from "./media.ts";
import { temporaryDirectory } from "./temporary_directory.ts";

/** What a video tells of itself and of its frames. */
async function look(path: string, options: Partial<VideoDecoderOptions> = {}) {
  const frameSize = { width: 64, height: 64 };
  await using decoder = await VideoDecoder.open(path, { frameSize, ...options });
  const frames = await Array.fromAsync(decoder.frames(), ({ data: _data, ...frame }) => frame);
  return { info: decoder.info, frames, times: frames.map(({ timestampMs }) => timestampMs) };
}

Deno.test("a video that is trimmed by an edit list has the frames that are shown", async () => {
  const { info, frames, times } = await look(EDITED_VIDEO);
  expect(info).toMatchObject({ frameCount: 32, durationMs: 1067 });
  expect(frames.length).toBe(32);
  expect(times).toEqual(Array.from(times, (_, index) => Math.round(index * 1000 / 30)));
});

Deno.test("the frames of a browser's recording are counted, which does not tell how long it is", async () => {
  const { info, frames } = await look(LIVE_VIDEO);
  expect(info).toMatchObject({ frameCount: 60, durationMs: 2000 });
  expect(frames.length).toBe(60);
  const uncounted = await look(LIVE_VIDEO, { countingMs: 0 });
  expect(uncounted.info).toMatchObject({ frameCount: null, durationMs: null });
});

Deno.test("frames keep the times of a variable frame rate", async () => {
  const { info, times } = await look(UNEVEN_VIDEO);
  expect(info.frameCount).toBe(21);
  // As ffprobe gives them.
  expect(times).toEqual([
    ...[0, 33, 67, 100, 133, 167, 200, 233, 267, 300, 333, 367, 400, 433, 467],
    ...[700, 933, 1167, 1400, 1633, 1867],
  ]);
});

Deno.test("each frame has the size at which it is shown, in a video that changes it midway", async () => {
  const { info, frames, times } = await look(CHANGING_VIDEO);
  expect(info).toEqual({ width: 320, height: 240, frameCount: 9, durationMs: 900 });
  expect(times).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800]);
  expect(frames.map(({ shown, width, height }) => ({ ...shown, fitted: [width, height] }))).toEqual(
    [
      ...Array(3).fill({ width: 320, height: 240, fitted: [64, 48] }),
      ...Array(3).fill({ width: 240, height: 320, fitted: [48, 64] }),
      ...Array(3).fill({ width: 512, height: 384, fitted: [64, 48] }),
    ],
  );
});

Deno.test("an MP4 is read without a ftyp box", async () => {
  await using directory = await temporaryDirectory();
  const path = `${directory.path}/noftyp.mov`;
  const bytes = await Deno.readFile(DOG_VIDEO);
  bytes.set(new TextEncoder().encode("wide"), 4);
  await Deno.writeFile(path, bytes);
  expect((await look(path)).frames.length).toBe(10);
});

Deno.test({
  name: "MOV, MKV, WebM, AVI and MPEG-TS are read, all with rising times",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const encoders = {
      mov: ["-c:v", "mjpeg"],
      mkv: H264,
      webm: ["-c:v", "libvpx", "-deadline", "realtime"],
      avi: ["-c:v", "mpeg4", "-bf", "2"],
      ts: H264,
    };
    for (const [ending, encoder] of Object.entries(encoders)) {
      const path = `${directory.path}/card.${ending}`;
      await makeTestCard(path, 20, { source: "testsrc2=s=64x48:r=25", encoder });
      const { info, times } = await look(path);
      expect([ending, info.frameCount]).toEqual([ending, 20]);
      // An AVI has no times but those of decoding, and its first frame is decoded one frame ahead.
      const start = ending === "avi" ? 40 : 0;
      const expected = Array.from({ length: 20 }, (_, index) => start + index * 40);
      expect([ending, times]).toEqual([ending, expected]);
    }
  },
});

Deno.test({
  name: "pixels that are not square have their shape as shown in every container",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    for (const ending of ["mp4", "mkv", "avi", "ts"]) {
      const path = `${directory.path}/wide.${ending}`;
      const encoder = ending === "avi" ? ["-c:v", "mpeg4"] : H264;
      await makeTestCard(path, 2, { source: "testsrc2=s=360x240:r=25,setsar=4/3", encoder });
      const { info, frames } = await look(path);
      expect([ending, info.width, info.height]).toEqual([ending, 480, 240]);
      expect(frames[1]?.shown).toEqual({ width: 480, height: 240 });
    }
  },
});

Deno.test({
  name: "times rise in a file that was joined of others, each of which begins at its own zero",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const parts: Uint8Array[] = [];
    for (const size of ["64x48", "48x64"]) {
      const path = `${directory.path}/${size}.ts`;
      await makeTestCard(path, 10, { source: `testsrc2=s=${size}:r=25` });
      parts.push(await Deno.readFile(path));
    }
    const path = `${directory.path}/joined.ts`;
    await Deno.writeFile(path, new Uint8Array(await new Blob(parts as BlobPart[]).bytes()));
    const { info, frames, times } = await look(path);
    expect(info.frameCount).toBe(20);
    expect(times).toEqual(Array.from(times, (_, index) => index * 40));
    expect(frames.map(({ shown }) => shown.width)).toEqual([
      ...Array(10).fill(64),
      ...Array(10).fill(48),
    ]);
  },
});

Deno.test({
  name: "the frames of a file that is too large to count are estimated",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const path = `${directory.path}/long.mkv`;
    const encoder = ["-c:v", "mjpeg", "-live", "1"];
    await makeTestCard(path, 10_000, { source: "testsrc2=s=32x32:r=25", encoder });
    const estimated = await infoOf(path, 0.001);
    expect(Math.abs((estimated.frameCount ?? 0) - 10_000)).toBeLessThan(500);
    expect((await infoOf(path, 5000)).frameCount).toBe(10_000);
  },
});

async function infoOf(path: string, countingMs: number) {
  const frameSize = { width: 32, height: 32 };
  await using decoder = await VideoDecoder.open(path, { frameSize, countingMs });
  return decoder.info;
}

Deno.test({
  name: "a song with a cover, and an image, are no videos",
  ignore,
  async fn() {
    await using directory = await temporaryDirectory();
    const song = `${directory.path}/song.mp4`;
    const cover = `${import.meta.dirname}/../fixtures/dog.jpg`;
    const input = ["-f", "lavfi", "-i", "sine=d=1", "-i", cover];
    const maps = ["-map", "0", "-map", "1", "-c:v", "mjpeg", "-disposition:v", "attached_pic"];
    await ffmpeg(...input, ...maps, song);
    await expect(look(song)).rejects.toThrow("The file has no video track");
    await expect(look(cover)).rejects.toThrow("The file is not a readable video");
  },
});
