import { expect } from "expect";
import sharp from "sharp";
import { ImageDecodeError } from "../../lib/image/errors.ts";
import { makeThumbnail } from "../../lib/image/thumbnail.ts";
import { readFixture } from "../read_fixture.ts";

const MOST = 4_194_304;

async function sizeOf(jpeg: Uint8Array) {
  const { width, height, format, exif } = await sharp(jpeg).metadata();
  return { width, height, format, exif };
}

Deno.test("makeThumbnail keeps the shape of an image, and nothing that is noted in it", async () => {
  const small = await makeThumbnail(await readFixture("dog.jpg"), MOST);
  expect(await sizeOf(small)).toEqual({ width: 320, height: 240, format: "jpeg", exif: undefined });
  expect(small.length).toBeLessThan(30_000);
  // Not turned, as the coordinates of results are not.
  const turned = await readFixture("pictures/exif6.jpg");
  const { width, height } = await sharp(turned).metadata();
  const thumbnail = await sizeOf(await makeThumbnail(turned, MOST));
  expect(thumbnail.exif).toBe(undefined);
  expect(thumbnail.width > thumbnail.height).toBe(width > height);
});

Deno.test("makeThumbnail makes no small image larger", async () => {
  const tiny = await sharp({ create: { width: 32, height: 16, channels: 3, background: "red" } })
    .jpeg().toBuffer();
  expect(await sizeOf(await makeThumbnail(tiny, MOST))).toMatchObject({ width: 32, height: 16 });
});

Deno.test("makeThumbnail refuses what is no image, and what is too large", async () => {
  const dog = await readFixture("dog.jpg");
  await expect(makeThumbnail(dog.slice(0, 100), MOST)).rejects.toThrow(ImageDecodeError);
  await expect(makeThumbnail(dog, 1000)).rejects.toThrow(ImageDecodeError);
  await expect(makeThumbnail(new Uint8Array(), MOST)).rejects.toThrow(ImageDecodeError);
});
