import { expect } from "expect";
import { AV_LOG_QUIET, AV_PIX_FMT_YUV420P, type AVColorSpace } from "node-av/constants";
import { Frame, Log } from "node-av/lib";
import { FrameFilter } from "../../../lib/video/decode/frame_filter.ts";
import { VideoDecodeError } from "../../../lib/video/errors.ts";

const UPRIGHT = { transposed: false, filters: [] };

function makeImage(width: number, height: number): Frame {
  const image = new Frame();
  image.alloc();
  image.width = width;
  image.height = height;
  image.format = AV_PIX_FMT_YUV420P;
  expect(image.getBuffer(0)).toBe(0);
  return image;
}

Deno.test("FrameFilter changes further images after one that cannot be changed", async () => {
  Log.setLevel(AV_LOG_QUIET);
  using filter = new FrameFilter(UPRIGHT, [["crop", "w=64:h=48"], ["format", "pix_fmts=rgb24"]]);
  for (let count = 0; count < 5; count++) {
    using image = makeImage(320, 240);
    const changed = await filter.apply(image, { width: 128, height: 96 });
    expect(changed.toBuffer().length).toBe(64 * 48 * 3);
    using other = makeImage(160, 120);
    await expect(filter.apply(other, { width: 32, height: 24 })).rejects.toThrow(VideoDecodeError);
  }
});

Deno.test("FrameFilter changes images whatever matrix their colours have", async () => {
  Log.setLevel(AV_LOG_QUIET);
  using filter = new FrameFilter(UPRIGHT, [["format", "pix_fmts=rgb24"]]);
  // Up to those of ITU-T H.273, table 4, and beyond.
  for (let matrix = 0; matrix < 20; matrix++) {
    using image = makeImage(32, 24);
    image.colorSpace = matrix as AVColorSpace;
    const changed = await filter.apply(image, { width: 16, height: 12 });
    expect([matrix, changed.toBuffer().length]).toEqual([matrix, 16 * 12 * 3]);
  }
});
