import { expect } from "expect";
import sharp from "sharp";
import { boundImage, MAX_SCANS } from "../../lib/image/bounded_image.ts";
import { ImageDecodeError } from "../../lib/image/errors.ts";
import { decodeLetterboxed, decodePixels } from "../../lib/image/image_decoder.ts";
import { addChunks, addProfile, makeNoteBomb, makeScanBomb } from "./hostile_images.ts";
import { readFixture } from "../pipeline/models.ts";

const LIMIT = { maxPixels: 4_194_304 };

async function decode(bytes: Uint8Array): Promise<Uint8Array> {
  const pixels = new Uint8Array(64 * 64 * 3);
  await decodeLetterboxed(bytes, { width: 64, height: 64 }, pixels, LIMIT);
  return pixels;
}

/** Milliseconds that something takes, whatever comes of it; the least of three times, as the machine does other things too. */
async function timeOf(run: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < 3; count += 1) {
    const startedAt = performance.now();
    await run().catch(() => {});
    times.push(performance.now() - startedAt);
  }
  return Math.min(...times);
}

Deno.test("a JPEG of too many scans is refused before it is decoded, in both ways to decode", async () => {
  // Undisturbed, it takes some four seconds.
  const bomb = makeScanBomb(2048, 5000);
  for (const run of [() => decode(bomb), () => decodePixels(bomb, LIMIT)]) {
    await expect(run()).rejects.toThrow(ImageDecodeError);
    expect(await timeOf(run)).toBeLessThan(200);
  }
});

Deno.test("a JPEG of exactly as many scans as may be is decoded", async () => {
  expect(await decode(makeScanBomb(64, MAX_SCANS))).toHaveLength(64 * 64 * 3);
  await expect(decode(makeScanBomb(64, MAX_SCANS + 1))).rejects.toThrow("more than 50 scans");
});

Deno.test("the largest JPEG with as many scans as may be takes no longer than ten plain ones", async () => {
  const plain = new Uint8Array(
    await sharp(readFixture("dog.jpg")).resize(2048, 2048, { fit: "fill" }).jpeg().toBuffer(),
  );
  const bomb = makeScanBomb(2048, MAX_SCANS);
  await decode(plain);
  const [usual, hostile] = [await timeOf(() => decode(plain)), await timeOf(() => decode(bomb))];
  expect(hostile).toBeLessThan(10 * usual + 50);
});

Deno.test("progressive JPEGs of common encoders are decoded", async () => {
  for (const options of [{ progressive: true }, { mozjpeg: true }]) {
    const jpeg = await sharp(readFixture("dog.jpg")).jpeg(options).toBuffer();
    expect(boundImage(jpeg)).toBe(jpeg);
    await decode(jpeg);
  }
});

Deno.test("scans are not hidden by fill bytes, restarts or segments, and none is seen where there is none", () => {
  const scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
  const many = (between: number[], end: number[] = []) => {
    const scans = Array.from({ length: MAX_SCANS + 1 }, () => [...between, ...scan, 0x12]).flat();
    return new Uint8Array([0xff, 0xd8, ...end, ...scans, 0xff, 0xd9]);
  };
  for (
    const between of [[], [0xff], [0xff, 0xd3], [0xff, 0x00], [0xff, 0xe1, 0, 4, 1, 2], [0x55], [
      ...[0xff, 0xd8],
    ], [0xff, 0x01]]
  ) {
    expect(() => boundImage(many(between))).toThrow(ImageDecodeError);
  }
  // After its end, and within a segment, such as a thumbnail.
  const afterEnd = many([], [0xff, 0xd9]);
  expect(boundImage(afterEnd)).toBe(afterEnd);
  const inner = many([]).subarray(2);
  const length = inner.length + 2;
  const thumbnail = new Uint8Array([
    ...[0xff, 0xd8, 0xff, 0xe1, length >> 8, length & 0xff],
    ...inner,
    ...scan,
  ]);
  expect(boundImage(thumbnail)).toBe(thumbnail);
});

Deno.test("counting scans takes a small part of the time of decoding", async () => {
  const frame = readFixture("dog.jpg");
  await decode(frame);
  const decoding = await timeOf(() => decode(frame));
  const counting = await timeOf(() => Promise.resolve(boundImage(frame)));
  expect(counting).toBeLessThan(decoding / 5);
});

Deno.test("fill bytes and tiny chunks take a small part of the time that the largest image takes", async () => {
  const { length } = readFixture("dog.jpg");
  const filled = new Uint8Array(5_000_000).fill(0xff);
  filled.set(readFixture("dog.jpg").subarray(0, 2));
  filled.set(readFixture("dog.jpg").subarray(2), filled.length - length + 2);
  // Notes without any text; nobody looks at their checksums.
  const chunks = new Uint8Array(5_000_000);
  chunks.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  for (let at = 8; at + 12 <= chunks.length; at += 12) chunks.set([0x74, 0x45, 0x58, 0x74], at + 4);
  const largest = await sharp(readFixture("dog.jpg")).resize(2048, 2048, { fit: "fill" }).png()
    .toBuffer();
  const usual = await timeOf(() => decode(largest));
  for (const hostile of [filled, chunks]) {
    expect(await timeOf(() => Promise.resolve(boundImage(hostile)))).toBeLessThan(usual / 2 + 50);
  }
});

Deno.test("an image of more rows or columns than a JPEG can have is refused, since each row takes time", async () => {
  const png = async (width: number, height: number) =>
    new Uint8Array(
      await sharp({ create: { width, height, channels: 3, background: "red" } }).png().toBuffer(),
    );
  for (const [width, height] of [[1, 65_536], [65_536, 1]] as const) {
    const image = await png(width, height);
    for (const run of [() => decode(image), () => decodePixels(image, LIMIT)]) {
      await expect(run()).rejects.toThrow(ImageDecodeError);
    }
  }
  expect(await decode(await png(1, 65_535))).toHaveLength(64 * 64 * 3);
});

Deno.test("notes of a PNG take neither time nor memory", async () => {
  const bomb = await makeNoteBomb(120);
  const before = Deno.memoryUsage().rss;
  const pixels = await decode(bomb);
  // Unpacked, they would take 948 MB twice; other tests run in this process too, and take some.
  expect(Deno.memoryUsage().rss - before).toBeLessThan(500_000_000);
  expect([...pixels.subarray(0, 3)]).toEqual([255, 0, 0]);
});

Deno.test("a PNG keeps its palette and its transparency, and one that is cut short is refused", async () => {
  const grey = { r: 9, g: 8, b: 7, alpha: 0.5 };
  const image = sharp({ create: { width: 64, height: 64, channels: 4, background: grey } });
  for (const options of [{ palette: true }, {}]) {
    const png = await image.clone().png(options).toBuffer();
    const text = new TextEncoder().encode("Comment\0a note");
    const noted = addChunks(png, [["tEXt", text]]);
    expect(await decode(noted)).toEqual(await decode(png));
    await expect(decode(noted.subarray(0, -30))).rejects.toThrow(ImageDecodeError);
  }
});

Deno.test("a colour profile takes no time, and the image is decoded without it", async () => {
  const image = new Uint8Array(
    await sharp(readFixture("dog.jpg")).resize(512, 512, { fit: "fill" }).jpeg().toBuffer(),
  );
  // Applied, it takes half a second and more.
  const bomb = addProfile(image, 1000);
  expect((await sharp(bomb).metadata()).icc?.length).toBeGreaterThan(50_000);
  expect(await decode(bomb)).toEqual(await decode(image));
  const applied = await timeOf(() => sharp(bomb).raw().toBuffer());
  expect(await timeOf(() => decode(bomb))).toBeLessThan(applied / 3);
});
