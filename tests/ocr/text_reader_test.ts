import { expect } from "expect";
import sharp from "sharp";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import { TextReader, toTextBlock } from "../../lib/ocr/text_reader.ts";
import { readFixture } from "../pipeline/models.ts";
import { loadTextModels, loadTextReader } from "./models.ts";
import { type DrawnLine, type PageOptions, renderedTextTest, renderPage } from "./render_text.ts";

async function decode(name: string): Promise<PixelImage> {
  const { data, info } = await sharp(readFixture(name)).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: data, width: info.width, height: info.height };
}

async function withReader(test: (reader: TextReader) => Promise<void>): Promise<void> {
  const reader = await loadTextReader();
  try {
    await test(reader);
  } finally {
    await reader.release();
  }
}

function inSans(size: number): (text: string) => DrawnLine {
  return (text) => ({ text, font: "DejaVu Sans", size });
}

async function readTexts(reader: TextReader, image: PixelImage): Promise<string[]> {
  return (await reader.read(image)).lines.map(({ text }) => text);
}

Deno.test("TextReader reads every line of an image, spaces, arrow and turned line included", () =>
  withReader(async (reader) => {
    const image = await decode("text.jpg");
    expect(await readTexts(reader, image)).toEqual([
      "Hello World 2026",
      "INVOICE No. 48213-B",
      "Gate 12 → Platform C",
    ]);
  }));

Deno.test("TextReader says where each line is", () =>
  withReader(async (reader) => {
    const { lines } = await reader.read(await decode("text.jpg"));
    const turned = lines[2];
    const [topLeft = [0, 0], topRight = [0, 0]] = turned?.polygon ?? [];
    const angle = Math.atan2(topRight[1] - topLeft[1], topRight[0] - topLeft[0]) * 180 / Math.PI;
    expect(Math.abs(angle + 8)).toBeLessThan(1);
    // Measured in the image: the ink begins at 120 and ends at 481, within 312 and 387.
    const [x = 0, y = 0, width = 0, height = 0] = turned === undefined
      ? []
      : toTextBlock(turned, { width: 640, height: 480 }).bbox;
    expect(Math.abs(x - 117)).toBeLessThan(8);
    expect(Math.abs(x + width - 484)).toBeLessThan(8);
    expect(Math.abs(y - 305)).toBeLessThan(8);
    expect(Math.abs(y + height - 391)).toBeLessThan(8);
  }));

Deno.test("TextReader finds lines without reading them, and reads given ones", () =>
  withReader(async (reader) => {
    const image = await decode("text.jpg");
    const found = await reader.findLines(image);
    expect(found).toHaveLength(3);
    const second = found.slice(1, 2).map(({ polygon }) => polygon);
    const [reading] = await reader.recognize(image, second);
    expect(reading?.text).toBe("INVOICE No. 48213-B");
    expect(reading?.confidence).toBeGreaterThan(0.9);
  }));

renderedTextTest(
  "TextReader gives the same for the same image, whatever came before",
  () =>
    withReader(async (reader) => {
      const image = await decode("text.jpg");
      const first = (await reader.read(image)).lines;
      const other = await renderPage([{ text: "Other", font: "DejaVu Sans", size: 40 }], {
        width: 900,
        height: 333,
      });
      await reader.read(other);
      expect((await reader.read(image)).lines).toEqual(first);
    }),
);

renderedTextTest(
  "TextReader reads text that runs upwards or downwards, and says where it begins",
  () =>
    withReader(async (reader) => {
      for (const rotation of [-90, 90]) {
        const line = { text: "Platform 12", font: "DejaVu Sans", size: 32 };
        const { lines } = await reader.read(await renderPage([line], { rotation }));
        expect(lines.map(({ text }) => text)).toEqual(["Platform 12"]);
        const [[, top = 0] = [], [, end = 0] = []] = lines[0]?.polygon ?? [];
        expect(Math.sign(end - top)).toBe(Math.sign(rotation));
      }
    }),
);

renderedTextTest(
  "TextReader reads single letters upright, and short words as one",
  () =>
    withReader(async (reader) => {
      for (const text of ["A", "7", "No", "12"]) {
        const page = await renderPage([{ text, font: "DejaVu Sans", size: 40 }]);
        expect(await readTexts(reader, page)).toEqual([text]);
      }
      const exit = await renderPage([{ text: "出口", font: "WenQuanYi Micro Hei", size: 40 }]);
      expect(await readTexts(reader, exit)).toEqual(["出口"]);
    }),
);

renderedTextTest(
  "TextReader reads a line that is too long for one go",
  () =>
    withReader(async (reader) => {
      const text =
        "Please keep your luggage with you at all times and report anything that looks odd";
      const line = { text, font: "DejaVu Sans", size: 20 };
      const page = await renderPage([line], { width: 960, height: 120 });
      expect(await readTexts(reader, page)).toEqual([text]);
    }),
);

renderedTextTest(
  "TextReader reads an image that is larger than its detector's input",
  () =>
    withReader(async (reader) => {
      const lines = ["Departures", "Gate 12 closes at 18:45"].map((text) => ({
        text,
        font: "DejaVu Sans",
        size: 90,
      }));
      const page = await renderPage(lines, { width: 1999, height: 1333, rotation: 5 });
      expect(await readTexts(reader, page)).toEqual(["Departures", "Gate 12 closes at 18:45"]);
    }),
);

/** Pages that are hard to read for one reason each, and what they say. */
const HARD_PAGES: Record<string, { lines: DrawnLine[]; options: PageOptions }> = {
  "a line that is read in several parts": {
    lines: [{
      text: "All passengers must have valid tickets before boarding; tickets are available at " +
        "machines and in the app for 2.50 EUR each way",
      font: "DejaVu Sans",
      size: 18,
    }],
    options: { width: 1600, height: 120 },
  },
  "a long line of narrow letters": {
    lines: [{
      text: "Bitte beachten Sie, dass der Aufzug aus Sicherheitsgründen zwischen 22:00 und 6:00 " +
        "Uhr außer Betrieb ist",
      font: "Liberation Serif",
      size: 20,
    }],
    options: { width: 1280, height: 90 },
  },
  "letters that are too narrow to tell at first": {
    lines: [{
      text: "Ferries to four ports start after four",
      font: "Liberation Sans Narrow",
      size: 11,
    }],
    options: {},
  },
  "grey on grey": {
    lines: ["Opening hours 9:00-17:30", "Room B-214, 2nd floor"].map(inSans(24)),
    options: { foreground: [190, 190, 190], background: [214, 214, 214] },
  },
  "dark on dark": {
    lines: ["Opening hours 9:00-17:30", "Room B-214, 2nd floor"].map(inSans(24)),
    options: { foreground: [66, 66, 66], background: [44, 44, 44] },
  },
  "a page of the size of a label": {
    lines: ["Room 7", "Floor 2"].map(inSans(16)),
    options: { width: 160, height: 64 },
  },
  "a page that its text fills": {
    lines: ["EXIT 12"].map(inSans(18)),
    options: { width: 90, height: 32 },
  },
  "letters of ten pixels": {
    lines: ["Invoice No. 2026-00417", "Total: $1,284.50 (incl. 19% VAT)"].map(inSans(10)),
    options: { width: 320, height: 240 },
  },
};

for (const [name, { lines, options }] of Object.entries(HARD_PAGES)) {
  renderedTextTest(`TextReader reads ${name}`, () =>
    withReader(async (reader) => {
      const page = await renderPage(lines, options);
      expect(await readTexts(reader, page)).toEqual(lines.map(({ text }) => text));
    }));
}

for (
  const [text, font] of [["Größe: 12 €", "DejaVu Sans"], [
    "价格：128元",
    "WenQuanYi Micro Hei",
  ]] as const
) {
  renderedTextTest(
    `TextReader gives ${text} the forms of its script`,
    () =>
      withReader(async (reader) => {
        expect(await readTexts(reader, await renderPage([{ text, font, size: 32 }]))).toEqual([
          text,
        ]);
      }),
  );
}

renderedTextTest("TextReader reads English with the other text model, too", async () => {
  const reader = await loadTextReader("ch_PP-OCRv4");
  const lines = ["Invoice No. 2026-00417", "Please mind the gap"];
  expect(await readTexts(reader, await renderPage(lines.map(inSans(24))))).toEqual(lines);
  await reader.release();
});

Deno.test("TextReader finds nothing in an image of one pixel", () =>
  withReader(async (reader) => {
    const image = { pixels: new Uint8Array([10, 20, 30]), width: 1, height: 1 };
    expect((await reader.read(image)).lines).toEqual([]);
  }));

Deno.test("TextReader finds next to nothing to read in a photograph", () =>
  withReader(async (reader) => {
    const { lines } = await reader.read(await decode("horses.jpg"));
    expect(lines.map(({ text }) => text).join("").length).toBeLessThan(12);
  }));

Deno.test("TextReader refuses a model that is none", async () => {
  const models = await loadTextModels();
  const detectorModel = new TextEncoder().encode("not a model");
  await expect(TextReader.create({ ...models, detectorModel, threads: 1 })).rejects.toThrow(
    TypeError,
  );
});

Deno.test("toTextBlock clips and rounds", () => {
  const line = {
    text: "Hi",
    confidence: 0.98765,
    polygon: [[-3, 1.26], [10.04, 1.26], [10.04, 9], [-3, 9]] as [
      [number, number],
      [number, number],
      [number, number],
      [number, number],
    ],
  };
  expect(toTextBlock(line, { width: 8, height: 8 })).toEqual({
    text: "Hi",
    confidence: 0.988,
    polygon: [[0, 1.3], [8, 1.3], [8, 8], [0, 8]],
    bbox: [0, 1.3, 8, 6.7],
  });
});
