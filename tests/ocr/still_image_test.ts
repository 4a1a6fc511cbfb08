import { expect } from "expect";
import fc from "fast-check";
import sharp from "sharp";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import { StillImage } from "../../lib/ocr/still_image.ts";
import type { FoundLine } from "../../lib/ocr/text_detector.ts";
import { readFixture } from "../pipeline/models.ts";

const LINE: FoundLine = { polygon: [[10, 10], [60, 10], [60, 22], [10, 22]], score: 0.9 };

/** Counts the images that are searched. */
function counter() {
  const still = new StillImage();
  let searches = 0;
  const search = () => {
    searches += 1;
    return Promise.resolve([LINE]);
  };
  return {
    /** Whether the image was searched. */
    async look(image: PixelImage): Promise<boolean> {
      const before = searches;
      expect(await still.findLines(image, search)).toEqual([LINE]);
      return searches > before;
    },
  };
}

function plain(width: number, height: number, value: number): PixelImage {
  return { pixels: new Uint8Array(width * height * 3).fill(value), width, height };
}

/** A copy with a rectangle of another value. */
function mark(
  image: PixelImage,
  box: { left: number; top: number; width: number; height: number },
  value: number,
): PixelImage {
  const pixels = image.pixels.slice();
  for (let row = box.top; row < box.top + box.height; row++) {
    const from = (row * image.width + box.left) * 3;
    pixels.fill(value, from, from + box.width * 3);
  }
  return { ...image, pixels };
}

/** As a camera sees it: noise of a deviation of 4, then JPEG of quality 75. */
async function film(image: PixelImage, seed: number): Promise<PixelImage> {
  let state = seed;
  const random = () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  const { width, height } = image;
  const noisy = Uint8ClampedArray.from(
    image.pixels,
    (value) =>
      value + 4 * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
  const raw = { width, height, channels: 3 } as const;
  const jpeg = await sharp(new Uint8Array(noisy.buffer), { raw }).jpeg({ quality: 75 }).toBuffer();
  return { pixels: new Uint8Array(await sharp(jpeg).raw().toBuffer()), width, height };
}

Deno.test("StillImage does not search a photograph again that differs in noise only", async () => {
  const { data, info } = await sharp(readFixture("text.jpg")).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  const image = { pixels: new Uint8Array(data), width: info.width, height: info.height };
  const { look } = counter();
  const looks = [];
  for (const seed of [1, 2, 3]) looks.push(await look(await film(image, seed)));
  expect(looks).toEqual([true, false, false]);
});

Deno.test("StillImage searches an image with a new stroke, wherever it is", async () => {
  const image = plain(101, 67, 180);
  await fc.assert(fc.asyncProperty(
    fc.integer({ min: 0, max: 101 - 3 }),
    fc.integer({ min: 0, max: 67 - 10 }),
    async (left, top) => {
      const { look } = counter();
      expect(await look(image)).toBe(true);
      expect(await look(image)).toBe(false);
      // Three wide and ten high, as the stem of a bold letter, and no more than legible.
      const stroke = { left, top, width: 3, height: 10 };
      expect(await look(mark(image, stroke, 120))).toBe(true);
    },
  ));
});

Deno.test("StillImage notices a change that comes slowly", async () => {
  const { look } = counter();
  const looks = [];
  for (const value of [100, 102, 104, 106]) looks.push(await look(plain(64, 48, value)));
  expect(looks).toEqual([true, false, true, false]);
});

Deno.test("StillImage searches an image of another size", async () => {
  const { look } = counter();
  expect(await look(plain(64, 48, 100))).toBe(true);
  expect(await look(plain(48, 64, 100))).toBe(true);
});

Deno.test("StillImage searches every eleventh image even if nothing has changed", async () => {
  const { look } = counter();
  const looks = [];
  for (let count = 0; count < 23; count++) looks.push(await look(plain(32, 32, 50)));
  expect(looks.flatMap((searched, index) => searched ? [index] : [])).toEqual([0, 11, 22]);
});

Deno.test("StillImage searches again after a search has failed", async () => {
  const still = new StillImage();
  const image = plain(32, 32, 50);
  const fail = () => Promise.reject(new Error("no memory"));
  await expect(still.findLines(image, fail)).rejects.toThrow("no memory");
  expect(await still.findLines(image, () => Promise.resolve([LINE]))).toEqual([LINE]);
});
