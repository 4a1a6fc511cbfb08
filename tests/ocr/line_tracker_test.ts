import { expect } from "expect";
import fc from "fast-check";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import type { Quadrilateral } from "../../lib/ocr/geometry.ts";
import { LineTracker } from "../../lib/ocr/line_tracker.ts";

const WIDTH = 200;
const HEIGHT = 120;

/** A text stands for a pattern of stripes, so that other texts look different. */
function draw(lines: readonly { text: string; at: [number, number] }[], noise = 0): PixelImage {
  const pixels = new Uint8Array(WIDTH * HEIGHT * 3).fill(230);
  for (const { text, at: [left, top] } of lines) {
    [...text].forEach((character, index) => {
      for (let bit = 0; bit < 8; bit++) {
        if ((character.charCodeAt(0) >> bit) % 2 === 0) continue;
        for (let row = 0; row < 16; row++) {
          const start = ((top + row) * WIDTH + left + index * 16 + bit * 2) * 3;
          pixels.fill(30, start, start + 6);
        }
      }
    });
  }
  if (noise > 0) {
    pixels.forEach((value, i) => pixels[i] = value + ((i * 7919) % 13 - 6) * noise / 6);
  }
  return { pixels, width: WIDTH, height: HEIGHT };
}

function box(text: string, [left, top]: [number, number]): Quadrilateral {
  const right = left + text.length * 16;
  return [[left, top], [right, top], [right, top + 16], [left, top + 16]];
}

const read = (text: string, confidence = 0.9, quarters = 0) => ({ text, confidence, quarters });

/** Looks at an image of one line, and answers with `reading` if it is asked for. */
function pass(
  memory: LineTracker,
  text: string,
  { at = [20, 20] as [number, number], reading = text, noise = 0 } = {},
) {
  const image = draw([{ text, at }], noise);
  const unread = memory.look(image, [box(text, at)]);
  const lines = memory.settle(image, unread.map(() => read(reading)));
  return { asked: unread.length, line: lines[0] };
}

Deno.test("LineTracker asks for a line that it does not know", () => {
  const { asked, line } = pass(new LineTracker(), "GATE");
  expect(asked).toBe(1);
  const polygon = box("GATE", [20, 20]);
  expect(line).toEqual({ text: "GATE", confidence: 0.9, polygon, stable: false });
});

Deno.test("LineTracker does not ask again for a line that looks the same, noise aside", () => {
  const memory = new LineTracker();
  pass(memory, "GATE");
  const { asked, line } = pass(memory, "GATE", { noise: 8 });
  expect(asked).toBe(0);
  expect(line?.text).toBe("GATE");
});

Deno.test("LineTracker calls a line stable after three readings that agree", () => {
  const memory = new LineTracker();
  const stable = [1, 2, 3, 4].map(() => pass(memory, "GATE").line?.stable);
  expect(stable).toEqual([false, false, true, true]);
});

Deno.test("LineTracker asks for a line of which one character has changed, and drops the former text", () => {
  const memory = new LineTracker();
  for (let i = 0; i < 5; i++) pass(memory, "GATE 12");
  const { asked, line } = pass(memory, "GATE 13");
  expect(asked).toBe(1);
  expect(line?.text).toBe("GATE 13");
  expect(line?.stable).toBe(false);
});

Deno.test("LineTracker lets the readings of a line that moves vote", () => {
  const memory = new LineTracker();
  const readings = ["GATE", "GATE", "GAIE", "GATE"];
  const texts = readings.map((reading, index) =>
    pass(memory, "GATE", { at: [20 + index * 5, 20], reading }).line?.text
  );
  expect(texts).toEqual(["GATE", "GATE", "GATE", "GATE"]);
});

Deno.test("LineTracker shows a line no more when it has left the image", () => {
  const memory = new LineTracker();
  pass(memory, "GATE");
  const image = draw([]);
  expect(memory.look(image, [])).toEqual([]);
  expect(memory.settle(image, [])).toEqual([]);
});

Deno.test("LineTracker knows a line again that was missed once, and forgets it in the end", () => {
  const memory = new LineTracker();
  const empty = () => {
    memory.look(draw([]), []);
    memory.settle(draw([]), []);
  };
  pass(memory, "GATE");
  empty();
  expect(pass(memory, "GATE").asked).toBe(0);
  for (let i = 0; i < 3; i++) empty();
  expect(memory.size).toBe(0);
  expect(pass(memory, "GATE").asked).toBe(1);
});

Deno.test("LineTracker asks again for a line that was read as nothing once it looks different", () => {
  const memory = new LineTracker();
  expect(pass(memory, "GATE", { reading: "" }).line).toBeUndefined();
  expect(pass(memory, "GATE", { reading: "" }).asked).toBe(0);
  expect(pass(memory, "EXIT").line?.text).toBe("EXIT");
});

Deno.test("LineTracker shows no line that is read too unsurely", () => {
  const memory = new LineTracker();
  const image = draw([{ text: "GATE", at: [20, 20] }]);
  memory.look(image, [box("GATE", [20, 20])]);
  expect(memory.settle(image, [read("GATE", 0.4)])).toEqual([]);
});

Deno.test("LineTracker refuses readings that it did not ask for", () => {
  const memory = new LineTracker();
  const image = draw([]);
  memory.look(image, []);
  expect(() => memory.settle(image, [read("GATE")])).toThrow(RangeError);
});

Deno.test("LineTracker gives a line for each that was found, in that order, and stays bounded", () => {
  const line = fc.record({
    text: fc.constantFrom("AB", "XY", "QR"),
    at: fc.tuple(fc.integer({ min: 0, max: 150 }), fc.integer({ min: 0, max: 100 })),
  });
  const stream = fc.array(fc.array(line, { maxLength: 5 }), { maxLength: 8 });
  fc.assert(
    fc.property(stream, (images) => {
      const memory = new LineTracker();
      for (const lines of images) {
        const image = draw(lines);
        const polygons = lines.map(({ text, at }) => box(text, at));
        const unread = memory.look(image, polygons);
        expect(unread.every((polygon) => polygons.includes(polygon))).toBe(true);
        const settled = memory.settle(image, unread.map(() => read("AB")));
        expect(settled.map(({ polygon }) => polygon)).toEqual(polygons);
        expect(memory.size).toBeLessThanOrEqual(15);
      }
    }),
    { numRuns: 50 },
  );
});

Deno.test("LineTracker says where turned text begins, also while it is not read again", () => {
  const memory = new LineTracker();
  const at: [number, number] = [20, 20];
  const found = box("GATE", at);
  for (const noise of [0, 8]) {
    const image = draw([{ text: "GATE", at }], noise);
    const unread = memory.look(image, [found]);
    const [line] = memory.settle(image, unread.map(() => read("GATE", 0.9, 2)));
    expect(line?.polygon).toEqual([found[2], found[3], found[0], found[1]]);
  }
  expect(memory.readings).toEqual([read("GATE", 0.9, 2)]);
});
