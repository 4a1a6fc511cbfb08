import { expect } from "expect";
import { LineTracker } from "../../lib/ocr/line_tracker.ts";
import { StillImage } from "../../lib/ocr/still_image.ts";
import { InferenceSession } from "../../lib/onnx/onnxruntime.ts";
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

/** Has the networks that `load` loads counted whenever they run. */
async function countRuns<Loaded>(load: () => Promise<Loaded>): Promise<[Loaded, () => number]> {
  const { create } = InferenceSession;
  let count = 0;
  InferenceSession.create = async (...args: unknown[]) => {
    const session = await Reflect.apply(create, InferenceSession, args);
    const run = session.run.bind(session);
    session.run = (...input: Parameters<typeof run>) => {
      count += 1;
      return run(...input);
    };
    return session;
  };
  try {
    return [await load(), () => count];
  } finally {
    InferenceSession.create = create;
  }
}

renderedTextTest("no network runs for an image that shows what the one before showed", async () => {
  const [reader, runs] = await countRuns(loadTextReader);
  const [tracker, still] = [new LineTracker(), new StillImage()];
  const look = async (...texts: string[]) => {
    const before = runs();
    const image = await draw(...texts);
    const found = await still.findLines(image, (image) => reader.findLines(image));
    const unread = tracker.look(image, found.map(({ polygon }) => polygon));
    const lines = tracker.settle(image, await reader.recognize(image, unread, tracker.readings));
    return { texts: lines.map(({ text }) => text), runs: runs() - before };
  };
  try {
    const first = await look("Gate 12", "Platform 4");
    // One finds the lines, the others read them.
    expect(first.runs).toBeGreaterThanOrEqual(2);
    expect(await look("Gate 12", "Platform 4")).toEqual({ ...first, runs: 0 });
    const changed = await look("Gate 13", "Platform 4");
    expect(changed.texts).toEqual(["Gate 13", "Platform 4"]);
    expect(changed.runs).toBeGreaterThanOrEqual(2);
    expect(await look("Gate 13", "Platform 4")).toEqual({ ...changed, runs: 0 });
  } finally {
    await reader.release();
  }
});
