import { expect } from "expect";
import { LineTracker } from "../../lib/ocr/line_tracker.ts";
import { loadTextReader } from "./models.ts";
import { renderedTextTest, renderPage } from "./render_text.ts";

function draw(...texts: string[]) {
  return renderPage(texts.map((text) => ({ text, font: "DejaVu Sans", size: 28 })));
}

renderedTextTest("LineTracker has TextReader read only the line that has changed", async () => {
  const reader = await loadTextReader();
  try {
    const memory = new LineTracker();
    const wide = "Please stand behind the line";
    const images = [[wide, "Gate 12"], [wide, "Gate 12"], [wide, "Gate 13"]];
    const asked: number[] = [];
    const texts: string[][] = [];
    for (const lines of images) {
      const image = await draw(...lines);
      const found = (await reader.findLines(image)).map(({ polygon }) => polygon);
      const unread = memory.look(image, found);
      asked.push(unread.length);
      const settled = memory.settle(image, await reader.recognize(image, unread));
      texts.push(settled.map(({ text }) => text));
    }
    expect(texts).toEqual(images);
    expect(asked).toEqual([2, 0, 1]);
  } finally {
    await reader.release();
  }
});
