import { expect } from "expect";
import fc from "fast-check";
import { COLORS, labelColor } from "../../../lib/image/label_colors.ts";
import { PresentColors } from "../../../lib/client/overlay/present_colors.ts";

/** Of COCO: a person, a cup, a mouse and a bench, which share a colour usually. */
const SAME_USUALLY = [0, 41, 64, 13];

Deno.test("classes that usually share a colour have one each while they are present", () => {
  expect(new Set(SAME_USUALLY.map((id) => labelColor(id).fill)).size).toBeLessThan(4);
  const colors = new PresentColors();
  expect(new Set(SAME_USUALLY.map((id) => colors.of(id).fill)).size).toBe(4);
});

Deno.test("a class that comes first has its usual colour", () => {
  for (const id of SAME_USUALLY) expect(new PresentColors().of(id)).toEqual(labelColor(id));
});

Deno.test("a class keeps its colour whatever comes after it", () => {
  fc.assert(fc.property(
    fc.array(fc.nat({ max: 90 }), { maxLength: 40 }),
    fc.nat({ max: 90 }),
    (others, id) => {
      let now = 0;
      const colors = new PresentColors(() => now);
      const first = colors.of(id);
      for (const other of others) {
        now += 100;
        colors.of(other);
        expect(colors.of(id)).toEqual(first);
      }
    },
  ));
});

Deno.test("no two classes share a colour while there are as many colours as classes", () => {
  fc.assert(fc.property(
    fc.uniqueArray(fc.nat({ max: 1000 }), { minLength: COLORS, maxLength: COLORS }),
    (ids) => {
      const colors = new PresentColors();
      expect(new Set(ids.map((id) => colors.of(id).fill)).size).toBe(COLORS);
    },
  ));
});

Deno.test("a class that has long been gone gives its colour to one that needs it", () => {
  let now = 0;
  const colors = new PresentColors(() => now);
  const fills = Array.from({ length: COLORS }, (_, id) => colors.of(id).fill);
  now = 9_000;
  for (let id = 1; id < COLORS; id++) colors.of(id);
  expect(colors.of(100)).toEqual(labelColor(100));
  now = 10_500;
  expect(colors.of(101).fill).toBe(fills[0]);
});
