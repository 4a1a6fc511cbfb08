import { expect } from "expect";
import { type Quadrilateral, turnCorners } from "../../lib/ocr/geometry.ts";
import { alongText, readingDirections } from "../../lib/ocr/reading_directions.ts";

function box(width: number, height: number): Quadrilateral {
  return [[0, 0], [width, 0], [width, height], [0, height]];
}

Deno.test("readingDirections tries wide boxes upright first, tall ones upwards, and those between in all ways", () => {
  expect(readingDirections(box(10, 11))).toEqual([0, 2]);
  expect(readingDirections(box(10, 20))).toEqual([0, 3, 1]);
  expect(readingDirections(box(10, 40))).toEqual([3, 1]);
});

Deno.test("turnCorners begins where turned text does", () => {
  const starts = [0, 1, 2, 3].map((quarters) => turnCorners(box(10, 40), quarters)[0]);
  expect(starts).toEqual([[0, 0], [10, 0], [10, 40], [0, 40]]);
});

Deno.test("alongText describes a box along its longer side", () => {
  expect(alongText(box(40, 10))).toEqual(box(40, 10));
  expect(alongText(box(10, 40))[0]).toEqual([0, 40]);
});
