import { expect } from "expect";
import sharp from "sharp";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import type { Quadrilateral } from "../../lib/ocr/geometry.ts";
import { hasChanged, signatureDifference, signLine } from "../../lib/ocr/line_signature.ts";
import { renderedTextTest, renderPage } from "./render_text.ts";

const BOX: Quadrilateral = [[20, 20], [300, 20], [300, 60], [20, 60]];

/** What a camera adds: noise, exposure and compression. */
async function film({ pixels, width, height }: PixelImage, seed: number, exposure = 1) {
  let state = seed;
  const noisy = pixels.map((value) => {
    state = (state * 1664525 + 1013904223) >>> 0;
    return Math.min(255, value * exposure + (state / 2 ** 32 - 0.5) * 14);
  });
  const jpeg = await sharp(noisy, { raw: { width, height, channels: 3 } }).jpeg({ quality: 75 })
    .toBuffer();
  return { pixels: await sharp(jpeg).raw().toBuffer(), width, height };
}

function write(text: string, size = 24): Promise<PixelImage> {
  return renderPage([{ text, font: "DejaVu Sans", size }], { width: 320, height: 80 });
}

renderedTextTest("hasChanged ignores a camera's noise and exposure", async () => {
  const page = await write("Gate 12:45");
  const first = signLine(await film(page, 1), BOX);
  expect(hasChanged(first, signLine(await film(page, 2), BOX))).toBe(false);
  expect(hasChanged(first, signLine(await film(page, 3, 0.8), BOX))).toBe(false);
});

renderedTextTest("hasChanged sees one digit become another", async () => {
  const first = signLine(await film(await write("Gate 12:45"), 1), BOX);
  for (const digit of "012346789") {
    const next = signLine(await film(await write(`Gate 12:4${digit}`), 2), BOX);
    expect(hasChanged(first, next)).toBe(true);
  }
});

renderedTextTest("hasChanged sees a line appear", async () => {
  const blank = { pixels: new Uint8Array(320 * 80 * 3).fill(236), width: 320, height: 80 };
  const first = signLine(await film(blank, 1), BOX);
  expect(hasChanged(first, signLine(await film(blank, 2), BOX))).toBe(false);
  expect(hasChanged(first, signLine(await film(await write("Gate"), 2), BOX))).toBe(true);
});

renderedTextTest(
  "signatureDifference of a signature with itself is 0, with another size infinite",
  async () => {
    const page = await write("Gate 12:45");
    const signature = signLine(page, BOX);
    expect(signatureDifference(signature, signature)).toBe(0);
    const shorter = signLine(page, [[20, 20], [200, 20], [200, 60], [20, 60]]);
    expect(signatureDifference(signature, shorter)).toBe(Infinity);
  },
);
