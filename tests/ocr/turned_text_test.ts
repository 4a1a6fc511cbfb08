import { expect } from "expect";
import sharp from "sharp";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import TEXTS from "../fixtures/text/texts.json" with { type: "json" };
import type { TextReader } from "../../lib/ocr/text_reader.ts";
import { readFixture } from "../pipeline/models.ts";
import { loadTextReader } from "./models.ts";
import { renderedTextTest, renderPage } from "./render_text.ts";

async function decode(name: string): Promise<PixelImage> {
  const { data, info } = await sharp(readFixture(`text/${name}`)).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height };
}

async function readTexts(reader: TextReader, image: PixelImage): Promise<string[]> {
  return (await reader.read(image)).lines.map(({ text }) => text);
}

/** Whether quotation marks are straight or curly turns on few pixels, and a pixel more or less of the crop. */
function toPlainQuotes(text: string): string {
  return text.replaceAll(/[“”]/g, '"').replaceAll(/[‘’]/g, "'");
}

for (const [name, texts] of Object.entries(TEXTS)) {
  Deno.test(`TextReader reads every line of ${name} in order`, async () => {
    const reader = await loadTextReader();
    const read = await readTexts(reader, await decode(name));
    expect(read.map(toPlainQuotes)).toEqual(texts.map(toPlainQuotes));
    await reader.release();
  });
}

Deno.test("TextReader says where upside-down text begins", async () => {
  const reader = await loadTextReader();
  const { lines } = await reader.read(await decode("rot180.png"));
  for (const { polygon: [[left, top], [right], , [, bottom]] } of lines) {
    expect(left).toBeGreaterThan(right);
    expect(top).toBeGreaterThan(bottom);
  }
  await reader.release();
});

renderedTextTest(
  "TextReader reads a number as the page is turned, though it could be read from both sides",
  async () => {
    const reader = await loadTextReader();
    for (const rotation of [0, 180]) {
      const lines = ["Departures from", "66", "Platform 12"].map((text) => ({
        text,
        font: "DejaVu Sans",
        size: 32,
      }));
      const texts = await readTexts(reader, await renderPage(lines, { rotation }));
      expect([rotation, texts]).toEqual([rotation, lines.map(({ text }) => text)]);
    }
    await reader.release();
  },
);

renderedTextTest("TextReader reads a number as known lines around it are turned", async () => {
  const reader = await loadTextReader();
  const page = await renderPage([{ text: "66", font: "DejaVu Sans", size: 40 }], { rotation: 180 });
  const polygons = (await reader.findLines(page)).map(({ polygon }) => polygon);
  const others = [{ text: "Departures", confidence: 0.99, quarters: 2 }];
  const [alone] = await reader.recognize(page, polygons);
  const [among] = await reader.recognize(page, polygons, others);
  expect([alone?.text, among?.text]).toEqual(["99", "66"]);
  await reader.release();
});
