import { expect } from "expect";
import fc from "fast-check";
import sharp from "sharp";
import { ImageDecodeError, ImageTooLargeError } from "../../lib/image/errors.ts";
import { decodePixels, readImageSize } from "../../lib/image/image_decoder.ts";
import { jpegSize } from "../../lib/image/jpeg_header.ts";
import { createRandom, mutateFrame } from "../streaming/mutate_frame.ts";

const LIMIT = { maxPixels: 4_194_304 };

async function makeJpeg(
  width: number,
  height: number,
  options: { chromaSubsampling?: string; progressive?: boolean } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const noise = Uint8Array.from({ length: width * height * 3 }, (_, index) => index * 7919 >> 4);
  const image = sharp(noise, { raw: { width, height, channels: 3 } });
  return new Uint8Array(await image.jpeg(options).toBuffer());
}

/** What the library makes of an image without anything of ours around it. */
async function decodeAlone(bytes: Uint8Array) {
  return await sharp(bytes, { limitInputPixels: LIMIT.maxPixels, ignoreIcc: true })
    .toColourspace("srgb").raw().toBuffer({ resolveWithObject: true });
}

/** Puts bytes right behind the first marker. */
function insert(jpeg: Uint8Array, bytes: readonly number[]): Uint8Array<ArrayBuffer> {
  return Uint8Array.from([...jpeg.subarray(0, 2), ...bytes, ...jpeg.subarray(2)]);
}

Deno.test("jpegSize agrees with the decoder, whatever stands before the frame header", async () => {
  const side = fc.integer({ min: 1, max: 300 });
  const options = fc.record({
    chromaSubsampling: fc.constantFrom("4:2:0", "4:4:4"),
    progressive: fc.boolean(),
  });
  // A comment, or application data, with fill bytes before it.
  const segment = fc.tuple(
    fc.constantFrom(0xfe, 0xe0, 0xe1, 0xed),
    fc.array(fc.nat(255), { maxLength: 40 }),
    fc.nat(3),
  ).map(([marker, data, fill]) => [
    ...new Array<number>(fill).fill(0xff),
    ...[0xff, marker, 0, data.length + 2, ...data],
  ]);
  await fc.assert(
    fc.asyncProperty(
      side,
      side,
      options,
      fc.array(segment, { maxLength: 4 }),
      async (width, height, options, segments) => {
        const jpeg = insert(await makeJpeg(width, height, options), segments.flat());
        expect(jpegSize(jpeg)).toEqual({ width, height });
        const decoded = await sharp(jpeg).metadata();
        expect([decoded.width, decoded.height]).toEqual([width, height]);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("a damaged JPEG is decoded exactly where the decoder alone would, and to the same pixels", async () => {
  const jpeg = await makeJpeg(96, 64);
  const random = createRandom(14);
  let decoded = 0;
  for (let run = 0; run < 1200; run += 1) {
    const damaged = mutateFrame(jpeg, random);
    const alone = await decodeAlone(damaged).catch(() => undefined);
    const outcome = await decodePixels(damaged, LIMIT).catch((error: unknown) => error);
    if (alone === undefined || alone.info.channels !== 3) {
      expect(outcome instanceof ImageDecodeError || outcome instanceof ImageTooLargeError).toBe(
        true,
      );
      continue;
    }
    decoded += 1;
    const { width, height } = alone.info;
    expect(outcome).toEqual({ width, height, pixels: alone.data });
  }
  // Else the test would say nothing.
  expect(decoded).toBeGreaterThan(40);
});

Deno.test("readImageSize finds the size of a JPEG in its header, of which the image is missing", async () => {
  const jpeg = await makeJpeg(96, 64);
  const scanAt = jpeg.findIndex((byte, index) => byte === 0xff && jpeg[index + 1] === 0xda);
  expect(await readImageSize(jpeg.subarray(0, scanAt), LIMIT)).toEqual({ width: 96, height: 64 });
});
