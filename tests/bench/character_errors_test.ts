import { expect } from "expect";
import * as fc from "fast-check";
import { characterErrors } from "../../bench/comparison/character_errors.ts";

Deno.test("characterErrors counts what is inserted, deleted and replaced", () => {
  expect(characterErrors(["Gate 12"], ["Gate 12"])).toBe(0);
  expect(characterErrors(["Gate 12"], ["Gale 1"])).toBe(2);
  expect(characterErrors(["25 °C x²"], ["25 ℃ x²"])).toBe(2);
  expect(characterErrors(["“Quotes” and ‘single’"], ["\"Quotes\" and 'single'"])).toBe(0);
});

Deno.test("characterErrors counts lines that are missing or too many whole", () => {
  expect(characterErrors(["one", "three"], ["three"])).toBe(3);
  expect(characterErrors(["one"], ["one", "four"])).toBe(4);
  expect(characterErrors(["安全出口"], [])).toBe(4);
  expect(characterErrors([], [])).toBe(0);
});

const lines = fc.array(fc.string({ maxLength: 8, unit: "grapheme-ascii" }), { maxLength: 5 });

Deno.test("characterErrors does not depend on the order, nor on which is which", () => {
  fc.assert(fc.property(lines, lines, (expected, read) => {
    const errors = characterErrors(expected, read);
    expect(characterErrors(expected, read.toReversed())).toBe(errors);
    expect(characterErrors(read, expected)).toBe(errors);
    expect(characterErrors(expected, expected.toReversed())).toBe(0);
  }));
});
