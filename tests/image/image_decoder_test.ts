import { expect } from "expect";
import fc from "fast-check";
import sharp, { type Sharp } from "sharp";
import { ImageDecodeError, ImageTooLargeError } from "../../lib/image/errors.ts";
import { FrameDecoder } from "../../lib/image/frame_decoder.ts";
import { decodeLetterboxed, decodePixels } from "../../lib/image/image_decoder.ts";
import { type Fit, toImageBox } from "../../lib/image/letterbox.ts";
import { readFixture } from "../pipeline/models.ts";

const RED = [254, 0, 0];
const BLUE = [0, 0, 254];
const GREY = [114, 114, 114];

/** Encodes an image whose left half is red and whose right half is blue. */
function encode(
  width: number,
  height: number,
  format: (image: Sharp) => Sharp,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(width * height * 3);
  for (let index = 0; index < width * height; index++) {
    pixels.set(index % width < width / 2 ? [255, 0, 0] : [0, 0, 255], index * 3);
  }
  return format(sharp(pixels, { raw: { width, height, channels: 3 } })).toBuffer();
}

function jpeg(image: Sharp): Sharp {
  return image.jpeg({ quality: 100, chromaSubsampling: "4:4:4" });
}

async function decode(
  bytes: Uint8Array,
  width: number,
  height: number,
  how: { upright?: boolean; fit?: Fit } = {},
) {
  const pixels = new Uint8Array(width * height * 3);
  const options = { maxPixels: 4_194_304, ...how };
  const letterbox = await decodeLetterboxed(bytes, { width, height }, pixels, options);
  const at = (x: number, y: number) => [...pixels.subarray((y * width + x) * 3).subarray(0, 3)];
  return { letterbox, pixels, at };
}

function expectColour(actual: number[], expected: number[]) {
  const distances = actual.map((value, index) => Math.abs(value - (expected[index] ?? NaN)));
  expect(Math.max(...distances)).toBeLessThanOrEqual(8);
}

Deno.test("decodeLetterboxed puts grey bars above and below a wide image", async () => {
  const { letterbox, at } = await decode(await encode(128, 64, jpeg), 64, 64);
  expect(letterbox).toMatchObject({ image: { width: 128, height: 64 }, left: 0, top: 16 });
  expect([at(0, 0), at(63, 15), at(0, 48), at(63, 63)]).toEqual([GREY, GREY, GREY, GREY]);
  expectColour(at(0, 16), RED);
  expectColour(at(63, 47), BLUE);
});

Deno.test("decodeLetterboxed puts grey bars beside a tall image", async () => {
  const { letterbox, at } = await decode(await encode(64, 128, jpeg), 64, 64);
  expect(letterbox).toMatchObject({ left: 16, top: 0 });
  expect([at(0, 0), at(15, 63), at(48, 0), at(63, 63)]).toEqual([GREY, GREY, GREY, GREY]);
  expectColour(at(16, 0), RED);
  expectColour(at(47, 63), BLUE);
});

Deno.test("decodeLetterboxed stretches an image over the whole input where that is asked for", async () => {
  const { letterbox, at } = await decode(await encode(128, 64, jpeg), 64, 64, { fit: "stretch" });
  expect(letterbox).toMatchObject({ content: { width: 64, height: 64 }, left: 0, top: 0 });
  expectColour(at(0, 0), RED);
  expectColour(at(63, 63), BLUE);
  expect(toImageBox({ left: 16, top: 16, right: 48, bottom: 48 }, letterbox)).toEqual([
    ...[32, 16],
    ...[64, 32],
  ]);
});

Deno.test("decodeLetterboxed gives an image of the input's size unchanged", async () => {
  const frame = readFixture("text.jpg");
  const { pixels } = await decode(frame, 640, 480);
  expect(pixels).toEqual(new Uint8Array(await sharp(frame).raw().toBuffer()));
});

Deno.test("decodeLetterboxed overwrites all of the image before", async () => {
  const pixels = new Uint8Array(64 * 64 * 3).fill(7);
  const input = { width: 64, height: 64 };
  for (const [width, height] of [[128, 64], [64, 128], [64, 64]] as const) {
    const bytes = await encode(width, height, jpeg);
    await decodeLetterboxed(bytes, input, pixels, { maxPixels: 1e6 });
    const fresh = await decode(bytes, 64, 64);
    expect(pixels).toEqual(fresh.pixels);
  }
});

Deno.test("decodeLetterboxed ignores an EXIF orientation", async () => {
  const rotated = (image: Sharp) => jpeg(image).withMetadata({ orientation: 6 });
  const bytes = await encode(128, 64, rotated);
  expect((await sharp(bytes).metadata()).orientation).toBe(6);
  const { letterbox, at } = await decode(bytes, 128, 64);
  expect(letterbox.image).toEqual({ width: 128, height: 64 });
  expectColour(at(2, 32), RED);
  expectColour(at(125, 32), BLUE);
});

/** How an image is stored that is upright once it has been turned as each EXIF orientation says (Exif 3.0, 4.6.5.1.6). */
const STORED: Record<number, (image: Sharp) => Sharp> = {
  1: (image) => image,
  2: (image) => image.flop(),
  3: (image) => image.rotate(180),
  4: (image) => image.flip(),
  // sharp mirrors before it turns.
  5: (image) => image.flop().rotate(270),
  6: (image) => image.rotate(270),
  7: (image) => image.flop().rotate(90),
  8: (image) => image.rotate(90),
};

Deno.test("an image is decoded upright, whichever of the eight orientations and three formats it is stored in", async () => {
  const side = fc.integer({ min: 1, max: 40 });
  const orientation = fc.integer({ min: 1, max: 8 });
  const format = fc.constantFrom("png", "webp", "jpeg");
  await fc.assert(
    fc.asyncProperty(
      side,
      side,
      orientation,
      format,
      async (width, height, orientation, format) => {
        const pixels = fc.sample(fc.uint8Array({ minLength: 3, maxLength: 3 }), 4);
        const corners = Uint8Array.from(pixels.flatMap((pixel) => [...pixel]));
        const raw = { width: 2, height: 2, channels: 3 } as const;
        const upright = await sharp(corners, { raw }).resize(width, height, { fit: "fill" }).png()
          .toBuffer();
        const stored = STORED[orientation]!(sharp(upright)).withMetadata({ orientation });
        const bytes = new Uint8Array(
          await (format === "png"
            ? stored.png()
            : format === "webp"
            ? stored.webp({ lossless: true })
            : stored.jpeg({ quality: 100, chromaSubsampling: "4:4:4" })).toBuffer(),
        );
        const decoded = await decodePixels(bytes, { maxPixels: 1e6, upright: true });
        expect([decoded.width, decoded.height]).toEqual([width, height]);
        const expected = await sharp(upright).removeAlpha().raw().toBuffer();
        const differences = decoded.pixels.map((value, index) =>
          Math.abs(value - (expected[index] ?? NaN))
        );
        expect(Math.max(...differences)).toBeLessThanOrEqual(format === "jpeg" ? 12 : 0);
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("decodeLetterboxed turns an image upright where that is asked for", async () => {
  const upright = await encode(128, 64, jpeg);
  for (const [orientation, store] of Object.entries(STORED)) {
    const stored = store(sharp(upright)).withMetadata({ orientation: Number(orientation) });
    const bytes = new Uint8Array(await jpeg(stored).toBuffer());
    const { letterbox, at } = await decode(bytes, 64, 64, { upright: true });
    expect(letterbox).toMatchObject({ image: { width: 128, height: 64 }, left: 0, top: 16 });
    expectColour(at(2, 32), RED);
    expectColour(at(61, 32), BLUE);
  }
});

Deno.test("an orientation that there is not turns nothing", async () => {
  for (const orientation of [0, 9, 255]) {
    const turned = new Uint8Array(
      await encode(128, 64, (image) => jpeg(image).withMetadata({ orientation: 6 })),
    );
    const text = Array.from(turned, (byte) => String.fromCharCode(byte)).join("");
    // Tag 0x0112, a short, one of it; little-endian as sharp writes it.
    const at = text.indexOf("\x12\x01\x03\0\x01\0\0\0") + 8;
    expect(at).toBeGreaterThan(8);
    turned[at] = orientation;
    const { letterbox } = await decode(turned, 64, 64, { upright: true });
    expect(letterbox.image).toEqual({ width: 128, height: 64 });
  }
});

Deno.test("decodeLetterboxed makes three channels of a greyscale JPEG", async () => {
  const { at } = await decode(await encode(64, 64, (image) => jpeg(image.greyscale())), 64, 64);
  const [red = 0, green, blue] = at(2, 2);
  expect([green, blue]).toEqual([red, red]);
  expect(at(2, 2)).not.toEqual(at(62, 2));
});

Deno.test("decodeLetterboxed makes red, green and blue of a CMYK JPEG", async () => {
  const bytes = await encode(64, 64, (image) => jpeg(image.toColourspace("cmyk")));
  expect((await sharp(bytes).metadata()).space).toBe("cmyk");
  const { at } = await decode(bytes, 64, 64);
  const [red = 0, green = 0, blue = 0] = at(2, 2);
  expect(red > 180 && green < 80 && blue < 80).toBe(true);
  const [redOnRight = 0, , blueOnRight = 0] = at(61, 2);
  expect(blueOnRight > redOnRight).toBe(true);
});

Deno.test("decodeLetterboxed reads PNG and WebP", async () => {
  for (const format of [(image: Sharp) => image.png(), (image: Sharp) => image.webp()]) {
    const { at } = await decode(await encode(64, 64, format), 64, 64);
    expectColour(at(2, 2), RED);
    expectColour(at(61, 2), BLUE);
  }
});

Deno.test("decodeLetterboxed reads a PNG of 16 bits a channel as 8", async () => {
  const bytes = await encode(64, 64, (image) => image.toColourspace("rgb16").png());
  expect((await sharp(bytes).metadata()).depth).toBe("ushort");
  expectColour((await decode(bytes, 64, 64)).at(2, 2), RED);
});

Deno.test("decodeLetterboxed puts grey behind what is transparent", async () => {
  const pixels = new Uint8Array(64 * 64 * 4);
  const bytes = await sharp(pixels, { raw: { width: 64, height: 64, channels: 4 } }).png()
    .toBuffer();
  expect((await decode(bytes, 64, 64)).at(30, 30)).toEqual(GREY);
});

Deno.test("decodeLetterboxed rejects a JPEG that is cut short at any point", async () => {
  const frame = readFixture("dog.jpg");
  for (const share of [0.01, 0.1, 0.5, 0.9, 0.99]) {
    const cut = frame.subarray(0, Math.floor(frame.length * share));
    await expect(decode(cut, 512, 384)).rejects.toThrow(ImageDecodeError);
    // At the input's own size and at a size that decodes at half resolution.
    await expect(decode(cut, 768, 576)).rejects.toThrow(ImageDecodeError);
    await expect(decode(cut, 256, 192)).rejects.toThrow(ImageDecodeError);
  }
});

Deno.test("decodeLetterboxed rejects bytes that are no image", async () => {
  for (
    const bytes of [
      new Uint8Array(),
      new Uint8Array(100),
      crypto.getRandomValues(new Uint8Array(5000)),
    ]
  ) {
    await expect(decode(bytes, 64, 64)).rejects.toThrow(ImageDecodeError);
  }
});

Deno.test("decodeLetterboxed rejects formats other than JPEG, PNG and WebP", async () => {
  const svg = new TextEncoder().encode(
    `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>`,
  );
  await expect(decode(svg, 64, 64)).rejects.toThrow(ImageDecodeError);
  // Nor while an overlay is being drawn, for which the loader of SVG is open.
  sharp.unblock({ operation: ["VipsForeignLoadSvgBuffer"] });
  try {
    await expect(decode(svg, 64, 64)).rejects.toThrow(ImageDecodeError);
  } finally {
    sharp.block({ operation: ["VipsForeignLoadSvgBuffer"] });
  }
  for (const format of ["gif", "tiff"] as const) {
    const bytes = await encode(64, 64, (image) => image.toFormat(format));
    await expect(decode(bytes, 64, 64)).rejects.toThrow(ImageDecodeError);
  }
});

Deno.test("decodeLetterboxed refuses an image of one pixel more than the limit", async () => {
  const bytes = await encode(64, 32, (image) => image.png());
  const pixels = new Uint8Array(64 * 32 * 3);
  const input = { width: 64, height: 32 };
  await decodeLetterboxed(bytes, input, pixels, { maxPixels: 64 * 32 });
  const tooLarge = decodeLetterboxed(bytes, input, pixels, { maxPixels: 64 * 32 - 1 });
  await expect(tooLarge).rejects.toThrow(ImageTooLargeError);
  await expect(tooLarge).rejects.toThrow("Image of 64x32 pixels exceeds the limit of 2047 pixels");
});

Deno.test("memory of decoded images is given back at once, not when the garbage is collected", async () => {
  const size = { width: 1920, height: 1080 };
  const red = sharp({ create: { ...size, channels: 3, background: "red" } });
  const image = new Uint8Array(await red.jpeg().toBuffer());
  const pixels = new Uint8Array(size.width * size.height * 3);
  const before = Deno.memoryUsage().rss;
  let most = 0;
  for (let count = 0; count < 100; count += 1) {
    await decodeLetterboxed(image, size, pixels, { maxPixels: 4_194_304 });
    using frame = new FrameDecoder(image, { maxPixels: 4_194_304, needsPixels: true });
    expect((await frame.pixels()).pixels).toHaveLength(pixels.length);
    most = Math.max(most, Deno.memoryUsage().rss - before);
  }
  // Together, the images have 1.2 GB; left to the garbage collector, they grow to 400 MB.
  expect(most).toBeLessThan(150_000_000);
});

Deno.test("a frame gives back what it decoded, and not what it was given", async () => {
  const options = { maxPixels: 4_194_304, needsPixels: true };
  const decoded = new FrameDecoder(readFixture("text.jpg"), options);
  const { pixels } = await decoded.pixels();
  decoded[Symbol.dispose]();
  expect(pixels).toHaveLength(0);
  const given = { width: 2, height: 1, pixels: new Uint8Array(6) };
  const frame = new FrameDecoder(given, options);
  await frame.pixels();
  frame[Symbol.dispose]();
  expect(given.pixels).toHaveLength(6);
});
