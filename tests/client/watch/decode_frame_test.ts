import { expect } from "expect";
import sharp from "sharp";
import { withoutExif } from "../../../lib/client/watch/decode_frame.ts";
import { readFixture } from "../../read_fixture.ts";

Deno.test("withoutExif takes the orientation out of a frame and leaves its pixels alone", async () => {
  const turned = await sharp(await readFixture("dog.jpg"), { autoOrient: false })
    .withMetadata({ orientation: 6 }).jpeg().toBuffer();
  expect((await sharp(turned).metadata()).orientation).toBe(6);
  const plain = await (await withoutExif(new Blob([new Uint8Array(turned)]))).bytes();
  expect((await sharp(plain).metadata()).orientation).toBeUndefined();
  expect(await sharp(plain).raw().toBuffer()).toEqual(await sharp(turned).raw().toBuffer());
});

Deno.test("withoutExif gives back what has no EXIF, and what is no JPEG", async () => {
  for (const bytes of [[], [0xff, 0xd8, 0xff, 0xd9], [1, 2, 3, 4, 5, 6, 7, 8]]) {
    const blob = new Blob([new Uint8Array(bytes)]);
    expect(await withoutExif(blob)).toBe(blob);
  }
});

Deno.test("withoutExif bears a segment that is longer than the frame", async () => {
  const bytes = new Uint8Array([0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff, 1, 2]);
  expect(await (await withoutExif(new Blob([bytes]))).bytes()).toEqual(bytes.slice(0, 2));
});
