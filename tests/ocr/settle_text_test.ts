import { expect } from "expect";
import fc from "fast-check";
import { settleText } from "../../lib/ocr/settle_text.ts";

const read = (text: string, confidence = 0.9) => ({ text, confidence });

Deno.test("settleText corrects a character that most readings have right", () => {
  const readings = [
    read("INVOICE N0. 7"),
    read("INVOICE No. 7"),
    read("INVOICE No. 1"),
    read("INVOICE No. 7"),
  ];
  expect(settleText(readings).text).toBe("INVOICE No. 7");
});

Deno.test("settleText puts together a text that no reading has whole", () => {
  expect(settleText([read("Gate l2"), read("Gale 12"), read("Gate 1Z")]).text).toBe("Gate 12");
});

Deno.test("settleText leaves out readings of another length", () => {
  expect(settleText([read("Gate 12"), read("ate 12"), read("Gate 12")]).text).toBe("Gate 12");
});

Deno.test("settleText prefers the newer of two equal readings", () => {
  expect(settleText([read("12:45"), read("12:46")]).text).toBe("12:46");
});

Deno.test("settleText weighs readings by how sure they are", () => {
  expect(settleText([read("12:45", 0.9), read("12:46", 0.6)]).text).toBe("12:45");
});

Deno.test("settleText of nothing is an empty text", () => {
  expect(settleText([])).toEqual({ text: "", confidence: 0 });
});

Deno.test("settleText keeps what all readings agree on, and takes no character from nowhere", () => {
  const confidence = fc.double({ min: 0.01, max: 1, noNaN: true });
  const reading = fc.record({ text: fc.string({ maxLength: 6, unit: "grapheme" }), confidence });
  fc.assert(fc.property(fc.array(reading, { minLength: 1, maxLength: 8 }), (readings) => {
    const settled = settleText(readings);
    const characters = [...settled.text];
    expect(readings.some(({ text }) => [...text].length === characters.length)).toBe(true);
    characters.forEach((character, index) => {
      expect(readings.some(({ text }) => [...text][index] === character)).toBe(true);
    });
    expect(settled.confidence).toBeLessThanOrEqual(1 + 1e-9);
    const [first] = readings;
    if (first && readings.every(({ text }) => text === first.text)) {
      expect(settled.text).toBe(first.text);
    }
  }));
});
