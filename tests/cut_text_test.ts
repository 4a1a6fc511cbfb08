import { expect } from "expect";
import fc from "fast-check";
import { cutText } from "../lib/cut_text.ts";

Deno.test("cutText cuts between characters, of however many code points", () => {
  expect(cutText("walk.mp4", 200)).toBe("walk.mp4");
  expect(cutText("walk.mp4", 4)).toBe("walk");
  expect(cutText("😀😀😀", 2)).toBe("😀😀");
  // A family is five code points, and e with an accent is two.
  expect(cutText("a👨‍👩‍👧b", 5)).toBe("a");
  expect(cutText("a👨‍👩‍👧b", 6)).toBe("a👨‍👩‍👧");
  expect(cutText("cafe\u0301", 4)).toBe("caf");
});

Deno.test("cutText bears characters without an end", () => {
  expect(cutText(`e${"\u0301".repeat(1_000_000)}`, 4)).toBe("e\u0301\u0301\u0301");
});

Deno.test("cutText leaves no half of a character, and no more than was asked for", () => {
  fc.assert(fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, length) => {
    const cut = cutText(text, length);
    expect(text.startsWith(cut)).toBe(true);
    expect(Array.from(cut).length).toBeLessThanOrEqual(length);
    expect(cut.isWellFormed()).toBe(true);
  }));
});
