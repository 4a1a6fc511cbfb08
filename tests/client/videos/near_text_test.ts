import { expect } from "expect";
import fc from "fast-check";
import { textDistance } from "../../../lib/client/videos/near_text.ts";

Deno.test("textDistance is 0 for readings that differ in what is easily mistaken only", () => {
  const same = [["Gate 12", "Gate l2"], ["EXIT", "EX1T"], ["OPEN", "0pen"], [
    "No Entry",
    "NOENTRY",
  ]];
  for (const [a = "", b = ""] of same) expect([a, b, textDistance(a, b)]).toEqual([a, b, 0]);
});

Deno.test("textDistance is the share of characters that differ", () => {
  expect(textDistance("kitten", "kiten")).toBeCloseTo(1 / 6);
  expect(textDistance("Platform", "Platferm")).toBeCloseTo(1 / 8);
  expect(textDistance("", "abcd")).toBe(1);
  expect(textDistance("", "")).toBe(0);
  expect(textDistance("安全出口", "安全出囗")).toBeCloseTo(1 / 4);
});

Deno.test("textDistance is infinite where numbers differ", () => {
  const different = [["Gate 12", "Gate 13"], ["Gate 12", "Gate 1"], ["12:01", "12:11"], [
    "A1",
    "A12",
  ]];
  for (const [a = "", b = ""] of different) {
    expect([a, b, textDistance(a, b)]).toEqual([a, b, Infinity]);
  }
});

Deno.test("textDistance is symmetric, 0 with itself and between 0 and 1 for letters", () => {
  const letters = fc.string({ unit: fc.constantFrom(..."aeiou lmnst"), maxLength: 12 });
  fc.assert(fc.property(letters, letters, (a, b) => {
    const distance = textDistance(a, b);
    expect(textDistance(b, a)).toBe(distance);
    expect(textDistance(a, a)).toBe(0);
    expect(distance >= 0 && distance <= 1).toBe(true);
  }));
  fc.assert(fc.property(fc.string(), fc.string(), (a, b) => {
    expect(textDistance(b, a)).toBe(textDistance(a, b));
    expect(textDistance(a, b)).toBeGreaterThanOrEqual(0);
  }));
});
