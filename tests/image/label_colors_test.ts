import { expect } from "expect";
import { contrastRatio, labelColor } from "../../lib/image/label_colors.ts";

const COCO_CLASSES = 80;

Deno.test("labelColor gives a class the same colour each time", () => {
  expect(labelColor(16)).toEqual(labelColor(16));
});

Deno.test("labelColor puts text on every colour with the contrast of WCAG AA", () => {
  for (let classId = 0; classId < COCO_CLASSES; classId++) {
    const { fill, text } = labelColor(classId);
    expect(contrastRatio(fill, text)).toBeGreaterThanOrEqual(4.5);
  }
});

Deno.test("labelColor tells apart what is often seen together", () => {
  const together = [[0, 16, 1, 2, 7], [0, 56, 63], [2, 3, 5, 7]];
  for (const classes of together) {
    const fills = classes.map((classId) => labelColor(classId).fill);
    expect(new Set(fills).size).toBe(classes.length);
  }
});

Deno.test("contrastRatio agrees with the definition at its ends", () => {
  expect(contrastRatio("#000000", "#ffffff")).toBeCloseTo(21);
  expect(contrastRatio("#336699", "#336699")).toBe(1);
  // From the WCAG's own examples of failing and passing greys.
  expect(contrastRatio("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
});
