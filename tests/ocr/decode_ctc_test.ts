import { expect } from "expect";
import { decodeCtc, parseDictionary } from "../../lib/ocr/decode_ctc.ts";

const DICTIONARY = parseDictionary("a\nb\nc\n");

function decode(classes: number[], spaces: number[] = [], probabilities = classes.map(() => 0.8)) {
  const timeSteps = {
    classes,
    probabilities,
    spaces: classes.map((_, index) => spaces[index] ?? 0),
  };
  const { characters, confidence, steps } = decodeCtc(timeSteps, DICTIONARY, 0.05);
  return { text: characters.join(""), confidence, steps };
}

Deno.test("parseDictionary puts the blank first and the space last", () => {
  expect(DICTIONARY).toEqual(["", "a", "b", "c", " "]);
  expect(parseDictionary("a\r\nb")).toEqual(["", "a", "b", " "]);
});

Deno.test("decodeCtc counts repeats once and lets blanks part them", () => {
  expect(decode([0, 1, 1, 0, 1, 2, 2, 0]).text).toBe("aab");
});

Deno.test("decodeCtc keeps a space, also one that is likely only", () => {
  expect(decode([1, 4, 2]).text).toBe("ab");
  expect(decode([1, 4, 2], [0, 0.9, 0]).text).toBe("a b");
  expect(decode([1, 0, 0, 2], [0, 0.01, 0.2, 0]).text).toBe("a b");
  expect(decode([1, 0, 0, 2], [0, 0.01, 0.02, 0]).text).toBe("ab");
});

Deno.test("decodeCtc gives no space at either end", () => {
  expect(decode([4, 1, 4], [1, 0, 1]).text).toBe("a");
});

Deno.test("decodeCtc tells where each character was read", () => {
  expect(decode([0, 1, 1, 0, 2], [0, 0, 0, 0.5, 0]).steps).toEqual([1, 4, 4]);
});

Deno.test("decodeCtc averages the confidence of the characters alone", () => {
  expect(decode([0, 1, 0, 2], [], [1, 0.9, 1, 0.5]).confidence).toBeCloseTo(0.7, 9);
  expect(decode([0, 0]).confidence).toBe(0);
});
