import { expect } from "expect";
import sharp from "sharp";
import { isLikelyLine, isLikelyText } from "../../lib/ocr/giant_lines.ts";
import type { Quadrilateral } from "../../lib/ocr/geometry.ts";
import { readFixture } from "../pipeline/models.ts";
import { loadTextReader } from "./models.ts";
import { renderedTextTest, renderPage } from "./render_text.ts";

const IMAGE = { width: 640, height: 480 };

/** A rectangle of a height in pixels; upright unless it is turned by a quarter. */
function lineOf(height: number, isTurned = false): Quadrilateral {
  const [width, tall] = isTurned ? [height, 600] : [600, height];
  return [[0, 0], [width, 0], [width, tall], [0, tall]];
}

Deno.test("a line of usual height is one however unsure it is", () => {
  for (const isTurned of [false, true]) {
    const polygon = lineOf(200, isTurned);
    expect(isLikelyLine({ polygon, score: 0.6 }, IMAGE)).toBe(true);
    expect(isLikelyText({ polygon, confidence: 0.5 }, IMAGE)).toBe(true);
  }
});

Deno.test("a line that is a third as high as the image is long has to be sure", () => {
  const polygon = lineOf(220);
  expect(isLikelyLine({ polygon, score: 0.75 }, IMAGE)).toBe(false);
  expect(isLikelyLine({ polygon, score: 0.84 }, IMAGE)).toBe(true);
  expect(isLikelyText({ polygon, confidence: 0.9 }, IMAGE)).toBe(false);
  expect(isLikelyText({ polygon, confidence: 0.96 }, IMAGE)).toBe(true);
});

Deno.test("no text is read in photographs without any, however their JPEGs are compressed", async () => {
  const reader = await loadTextReader();
  try {
    for (const name of ["dog.jpg", "horses.jpg", "person.jpg"]) {
      for (const quality of [92, 80, 60, 40, 25, 12]) {
        const jpeg = await sharp(readFixture(name)).resize(640, 480, { fit: "fill" })
          .jpeg({ quality }).toBuffer();
        const pixels = await sharp(jpeg).raw().toBuffer();
        const { lines } = await reader.read({ pixels, ...IMAGE });
        const large = lines.filter(({ polygon }) =>
          Math.max(...polygon.map(([, y]) => y)) - Math.min(...polygon.map(([, y]) => y)) > 100
        );
        expect([name, quality, large.map(({ text }) => text)]).toEqual([name, quality, []]);
      }
    }
  } finally {
    await reader.release();
  }
});

renderedTextTest("letters that fill the image are read", async () => {
  const reader = await loadTextReader();
  try {
    for (const text of ["8", "OK", "42"]) {
      const font = "DejaVu Sans";
      const page = await renderPage([{ text, font, size: 288 }], IMAGE);
      const { lines } = await reader.read(page);
      expect(lines.map((line) => line.text)).toEqual([text]);
    }
  } finally {
    await reader.release();
  }
});
