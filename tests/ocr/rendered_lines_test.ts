/**
 * Reads lines that the test draws itself, and counts the wrong characters.
 *
 * Needs three fonts, as in Debian's packages fonts-dejavu-core, fonts-liberation and fonts-wqy-microhei.
 *
 * @module
 */

import { expect } from "expect";
import { loadTextReader } from "./models.ts";
import { type PageOptions, renderedTextTest, renderPage } from "./render_text.ts";

const SANS = "DejaVu Sans";
const SERIF = "Liberation Serif";
const CHINESE = "WenQuanYi Micro Hei";

const ON_DARK: PageOptions = { foreground: [245, 245, 240], background: [24, 26, 34] };
const ON_GREEN: PageOptions = { foreground: [250, 230, 80], background: [18, 62, 40] };
const RED: PageOptions = { foreground: [170, 0, 0], background: [238, 238, 238] };
const GREY: PageOptions = { foreground: [90, 90, 90], background: [222, 222, 222] };

interface Page {
  font: string;
  size: number;
  texts: string[];
  options: PageOptions;
}

const PAGES: Page[] = [
  {
    font: SANS,
    size: 14,
    texts: [
      "The quick brown fox jumps over the lazy dog",
      "Total: 1,284.50 EUR (incl. 19% VAT)",
      "Reset Your Password?",
    ],
    options: {},
  },
  {
    font: SERIF,
    size: 14,
    texts: [
      "It was a bright cold day in April, and the clocks",
      "Chapter 12: The Long Way Home",
      "see page 348 ff.",
    ],
    options: {},
  },
  {
    font: SERIF,
    size: 16,
    texts: ["Please mind the gap between train and platform", "Opening hours: Mon-Fri 9:00-17:30"],
    options: { ...RED, rotation: 4 },
  },
  {
    font: SANS,
    size: 18,
    texts: ["Invoice No. 2026-00417", "Due date: 31/12/2026", "Thank you for your order!"],
    options: { ...ON_DARK, rotation: -7 },
  },
  {
    font: SANS,
    size: 20,
    texts: ["user@example.com", "Terms & Conditions apply", "Room B-214, 2nd floor"],
    options: { ...GREY, rotation: 12 },
  },
  {
    font: SERIF,
    size: 24,
    texts: ["Smith & Sons Ltd.", "Established 1897 in London", "Tel. 020 7946 0018"],
    options: { ...ON_GREEN, rotation: -15 },
  },
  {
    font: CHINESE,
    size: 24,
    texts: ["今天天气很好", "北京市朝阳区建国路88号", "实时视频识别"],
    options: { rotation: 6 },
  },
  {
    font: CHINESE,
    size: 36,
    texts: ["请勿吸烟", "安全出口", "下一站 人民广场"],
    options: { ...ON_DARK, rotation: -10 },
  },
  {
    font: SANS,
    size: 28,
    texts: ["Departures 18:45", "Gate 7 is now boarding", "Delayed by 25 minutes"],
    options: { ...ON_DARK, rotation: 20 },
  },
  {
    font: SERIF,
    size: 36,
    texts: ["Hello, World!", "Fresh Coffee $4.75", "Mixed CASE Words"],
    options: { rotation: -20 },
  },
  {
    font: SANS,
    size: 48,
    texts: ["EXIT ONLY", "Platform 9", "No Smoking"],
    options: { ...ON_GREEN, rotation: 9 },
  },
  { font: SERIF, size: 60, texts: ["Open Today", "from 8 to 6"], options: { ...RED } },
  { font: SANS, size: 60, texts: ["Sale: 50% off"], options: { rotation: -3 } },
];

renderedTextTest(
  "TextReader misreads less than 3 % of rendered characters and loses no space",
  async () => {
    const reader = await loadTextReader();
    let characters = 0;
    let wrong = 0;
    const lostSpaces: string[] = [];
    try {
      for (const { font, size, texts, options } of PAGES) {
        const page = await renderPage(texts.map((text) => ({ text, font, size })), options);
        const lines = (await reader.read(page)).lines.map(({ text }) => text);
        const [expected, actual] = [texts.join("\n"), lines.join("\n")];
        characters += expected.length;
        const difference = editDistance([...expected], [...actual]);
        wrong += difference;
        if (count(actual, " ") < count(expected, " ")) lostSpaces.push(`${expected} -> ${actual}`);
      }
    } finally {
      await reader.release();
    }
    expect(PAGES.flatMap(({ texts }) => texts).length).toBeGreaterThanOrEqual(30);
    expect(lostSpaces).toEqual([]);
    expect(wrong / characters).toBeLessThan(0.03);
  },
);

function count(text: string, character: string): number {
  return text.split(character).length - 1;
}

/** Levenshtein 1966. */
function editDistance(a: readonly string[], b: readonly string[]): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  a.forEach((left, i) => {
    const next = [i + 1];
    b.forEach((right, j) => {
      const replaced = (row[j] ?? 0) + (left === right ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    });
    row = next;
  });
  return row[b.length] ?? 0;
}
