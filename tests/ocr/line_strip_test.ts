import type { PixelImage } from "../../lib/image/pixel_image.ts";
import { expect } from "expect";
import fc from "fast-check";
import { cropLine } from "../../lib/ocr/crop_line.ts";
import { rectangleCorners } from "../../lib/ocr/geometry.ts";
import { joinReadings } from "../../lib/ocr/join_readings.ts";
import { cutStrip, splitStrip, STRIP_HEIGHT } from "../../lib/ocr/line_strip.ts";
import { restoreSpaces } from "../../lib/ocr/restore_spaces.ts";

/** Red grows to the right and green downwards, by 2 a pixel. */
function gradient(width: number, height: number): PixelImage {
  const pixels = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    pixels.set([(i % width) * 2, Math.floor(i / width) * 2, 7], i * 3);
  }
  return { pixels, width, height };
}

function crop(
  image: PixelImage,
  corners: Parameters<typeof cropLine>[1],
  width: number,
  height: number,
) {
  const pixels = new Uint8Array(width * height * 3);
  cropLine(image, corners, { pixels, offset: 0, stride: width * 3, width, height });
  return (
    x: number,
    y: number,
  ) => [...pixels.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

/** A strip that is dark in the given columns. */
function strip(width: number, isInk: (column: number) => boolean) {
  const pixels = new Uint8Array(width * STRIP_HEIGHT * 3).fill(240);
  for (let row = 10; row < 38; row++) {
    for (let x = 0; x < width; x++) {
      if (isInk(x)) pixels.fill(10, (row * width + x) * 3, (row * width + x) * 3 + 3);
    }
  }
  return { pixels, width, stretch: 1, isColumn: false };
}

Deno.test("cropLine copies pixels as they are where nothing is scaled or turned", () => {
  const at = crop(gradient(60, 40), [[10, 5], [30, 5], [30, 15], [10, 15]], 20, 10);
  expect(at(0, 0)).toEqual([20, 10, 7]);
  expect(at(19, 9)).toEqual([58, 28, 7]);
});

Deno.test("cropLine turns a line upright", () => {
  const corners = rectangleCorners({ center: [30, 20], width: 20, height: 8, angle: Math.PI / 2 });
  const at = crop(gradient(60, 40), corners, 20, 8);
  expect(at(0, 0)).toEqual([66, 20, 7]);
  expect(at(19, 0)).toEqual([66, 58, 7]);
});

Deno.test("cropLine averages when it makes smaller", () => {
  const checkered = new Uint8Array(16 * 16 * 3);
  for (let i = 0; i < 256; i++) checkered.fill((i + (i >> 4)) % 2 * 200, i * 3, i * 3 + 3);
  const image = { pixels: checkered, width: 16, height: 16 };
  const at = crop(image, [[0, 0], [16, 0], [16, 16], [0, 16]], 4, 4);
  expect(at(1, 1)).toEqual([100, 100, 100]);
});

Deno.test("cropLine goes on with the image's edge outside of it", () => {
  const at = crop(gradient(60, 40), [[-10, -10], [0, -10], [0, 0], [-10, 0]], 10, 10);
  expect(at(0, 0)).toEqual([0, 0, 7]);
});

Deno.test("cutStrip keeps the proportions of the line and its margin", () => {
  const box = rectangleCorners({ center: [60, 50], width: 70, height: 20, angle: 0 });
  expect(cutStrip(gradient(120, 100), box, 0.15, 1).width).toBe(Math.round(76 / 26 * STRIP_HEIGHT));
  expect(cutStrip(gradient(120, 100), box, 0.15, 2).width).toBe(
    Math.round(76 / 26 * STRIP_HEIGHT * 2),
  );
});

Deno.test("cutStrip tells the strips of columns from those of lines, whichever way they run", () => {
  const isColumn = (degrees: number) => {
    const angle = degrees * Math.PI / 180;
    const box = rectangleCorners({ center: [60, 50], width: 70, height: 20, angle });
    return cutStrip(gradient(120, 100), box, 0.15, 1).isColumn;
  };
  expect([0, 30, 180, -160].map(isColumn)).toEqual([false, false, false, false]);
  expect([90, -90, 70, -110].map(isColumn)).toEqual([true, true, true, true]);
});

Deno.test("splitStrip cuts in the middle of the widest gap", () => {
  // Letters of 10 columns, 2 apart, but for 9 columns after the 7th.
  const isInk = (x: number) => x < 84 ? x % 12 < 10 : x >= 91 && (x - 91) % 12 < 10;
  const [first, second] = splitStrip(strip(200, isInk), 120);
  expect(first?.gap).toBe(9);
  expect([82, 86, 87, 91]).toContain(first?.end);
  expect(second?.start).toBe(first?.end);
});

Deno.test("splitStrip covers the strip with parts that are not too long", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: 700 }), fc.nat(), (width, seed) => {
    const parts = splitStrip(strip(width, (x) => (x * seed) % 7 < 4), 100);
    expect(parts[0]?.start).toBe(0);
    expect(parts.at(-1)?.end).toBe(width);
    parts.forEach(({ start, end }, index) => {
      expect(end).toBeGreaterThan(start);
      expect(end - start).toBeLessThanOrEqual(100);
      expect(parts[index + 1]?.start ?? width).toBe(end);
    });
  }));
});

Deno.test("joinReadings puts a space where the cut was in a wide gap between words", () => {
  const parts = [{ text: "keep", confidence: 0.9, gap: 9 }, {
    text: "left",
    confidence: 0.7,
    gap: 0,
  }];
  expect(joinReadings(parts)).toEqual({ text: "keep left", confidence: 0.8 });
  expect(joinReadings(parts.map((part) => ({ ...part, gap: 3 }))).text).toBe("keepleft");
  const chinese = [{ text: "欢迎", confidence: 1, gap: 9 }, {
    text: "光临",
    confidence: 1,
    gap: 0,
  }];
  expect(joinReadings(chinese).text).toBe("欢迎光临");
  expect(joinReadings([])).toEqual({ text: "", confidence: 0 });
});

Deno.test("restoreSpaces finds the wide gap among Chinese letters, and none beside punctuation", () => {
  const contrasts = new Float64Array(200).fill(200);
  contrasts.fill(0, 68, 80);
  contrasts.fill(0, 92, 108);
  const restore = (characters: string) =>
    restoreSpaces([...characters], [16, 48, 88, 112, 152], () => ({ contrasts, height: 30 }));
  expect(restore("价格元")).toBe("价格 元");
  expect(restore("价格128")).toBe("价格 128");
  expect(restore("价格，上下")).toBe("价格，上下");
  // Kana are narrower than their em.
  expect(restore("价格トイレ")).toBe("价格トイレ");
  expect(restore("abcde")).toBe("abcde");
  const large = () => ({ contrasts, height: 50 });
  expect(restoreSpaces(["价", "格", "元"], [16, 48, 88], large)).toBe("价格元");
});
