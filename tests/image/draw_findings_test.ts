import { expect } from "expect";
import fc from "fast-check";
import sharp from "sharp";
import { drawFindings, escapeXml, renderOverlay } from "../../lib/image/draw_findings.ts";
import { labelColor } from "../../lib/image/label_colors.ts";
import type { Detection } from "../../lib/protocol/detection.ts";
import type { PipelineResult } from "../../lib/protocol/result.ts";

/** An image of one grey, 200×100, and what is found in it. */
function found(changes: Partial<PipelineResult>): PipelineResult {
  return {
    image: { width: 200, height: 100 },
    detections: [],
    text_blocks: [],
    text: "",
    text_frame_index: null,
    timings_ms: { wait: 0, decode: 0, detect: 0, ocr: 0, total: 0 },
    models: { detector: null, recognizer: null },
    ...changes,
  };
}

const PERSON: Detection = { label: "person", class_id: 0, confidence: 0.5, bbox: [20, 20, 60, 70] };
const GREY = 128;

/** Draws a result, and reads pixels of it. */
async function draw(changes: Partial<PipelineResult>) {
  const result = found(changes);
  const { width, height } = result.image;
  const pixels = new Uint8Array(width * height * 3).fill(GREY);
  const png = await drawFindings({ pixels, width, height }, result, ".png");
  const { data, info } = await sharp(png).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  expect(info).toMatchObject({ width, height, channels: 3 });
  return (x: number, y: number) => [...data.subarray((y * width + x) * 3, (y * width + x) * 3 + 3)];
}

function colorOf(classId: number, opacity = 1): number[] {
  return [...Uint8Array.fromHex(labelColor(classId).fill.slice(1))]
    .map((value) => Math.round(opacity * value + (1 - opacity) * GREY));
}

function distance(color: number[], other: number[]): number {
  return Math.max(...color.map((value, channel) => Math.abs(value - (other[channel] ?? NaN))));
}

Deno.test("drawFindings fills a mask so that the image is seen through it", async () => {
  const colorAt = await draw({ detections: [{ ...PERSON, mask: [[20, 20], [80, 20], [20, 90]] }] });
  expect(distance(colorAt(35, 55), colorOf(0, 0.35))).toBeLessThan(4);
  expect(colorAt(70, 80)).toEqual([GREY, GREY, GREY]);
});

Deno.test("drawFindings draws a turned box in place of the level one", async () => {
  const polygon: Detection["polygon"] = [[20, 55], [50, 20], [80, 55], [50, 90]];
  const colorAt = await draw({ detections: [{ ...PERSON, polygon }] });
  expect(distance(colorAt(35, 72), colorOf(0))).toBeLessThan(90);
  expect(colorAt(20, 85)).toEqual([GREY, GREY, GREY]);
  expect(colorAt(50, 55)).toEqual([GREY, GREY, GREY]);
});

Deno.test("drawFindings joins the keypoints of a person, but none of an animal", async () => {
  const keypoints = Array.from({ length: 17 }, (_, index): [number, number, number] => [
    ...[50, index > 12 ? 80 : 40] as const,
    index === 11 || index === 13 ? 0.9 : 0.1,
  ]);
  const person = await draw({ detections: [{ ...PERSON, keypoints }] });
  expect(distance(person(50, 60), colorOf(0))).toBeLessThan(90);
  expect(distance(person(50, 80), [255, 255, 255])).toBeLessThan(90);
  const names = keypoints.map((_, index) => `point ${index}`);
  const models = { detector: "paws", recognizer: null, keypoint_names: names };
  const animal = await draw({ detections: [{ ...PERSON, keypoints }], models });
  expect(animal(50, 60)).toEqual([GREY, GREY, GREY]);
  expect(distance(animal(50, 80), [255, 255, 255])).toBeLessThan(90);
});

Deno.test("renderOverlay lists three classes of the image below each other, and names that of an object", () => {
  const classes = ["beach", "sea", "dune", "sand"].map((label, class_id) => ({
    ...{ label, class_id, confidence: 0.5 - class_id / 10 },
  }));
  const overlay = renderOverlay(found({ detections: [{ ...PERSON, classes }], classes }));
  const captions = [...overlay.matchAll(/<text x="(\S+)" y="(\S+)"[^>]*>([^<]*)</g)]
    .map(([, x, y, text]) => [text, Number(x), Number(y)]);
  expect(captions).toEqual([
    ["beach 50\u00a0%", 3, 10],
    ["sea 40\u00a0%", 3, 23],
    ["dune 30\u00a0%", 3, 36],
    ["person 50\u00a0% · beach 50\u00a0%", expect.any(Number), expect.any(Number)],
  ]);
});

Deno.test("escapeXml leaves a document well-formed, whatever the text", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary" }), async (text) => {
      const escaped = escapeXml(text);
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">
        <text id="${escaped}">${escaped}</text></svg>`;
      // Whatever decodes images closes this loader for the whole process, other tests' threads too.
      sharp.unblock({ operation: ["VipsForeignLoadSvgBuffer"] });
      expect((await sharp(new TextEncoder().encode(svg)).metadata()).width).toBe(9);
    }),
  );
});

Deno.test("renderOverlay writes a text that looks like markup as text", () => {
  const overlay = renderOverlay(found({ detections: [{ ...PERSON, label: "<b>&" }] }));
  expect(overlay).toContain(">&lt;b&gt;&amp; 50\u00a0%</text>");
});
