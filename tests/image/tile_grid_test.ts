import { expect } from "expect";
import fc from "fast-check";
import { toCorners } from "../../lib/image/boxes.ts";
import { GRID_PATTERN, parseGrid, TILE_OVERLAP, tilesOf } from "../../lib/image/tile_grid.ts";

const side = fc.double({ min: 1, max: 10_000, noNaN: true });
const place = fc.double({ min: -1000, max: 1000, noNaN: true });
const number = fc.integer({ min: 1, max: 4 });

Deno.test("tiles lie within their box, cover it, and overlap their neighbours by a fifth", () => {
  fc.assert(fc.property(place, place, side, side, number, number, (x, y, w, h, columns, rows) => {
    const box = toCorners([x, y, w, h]);
    const tiles = tilesOf([x, y, w, h], { columns, rows });
    expect(tiles).toHaveLength(columns * rows);
    const corners = tiles.map(toCorners);
    const tolerance = 1e-6 * Math.max(w, h, 1000);
    expect(Math.abs(Math.min(...corners.map(({ left }) => left)) - box.left)).toBeLessThan(
      tolerance,
    );
    expect(Math.abs(Math.max(...corners.map(({ right }) => right)) - box.right)).toBeLessThan(
      tolerance,
    );
    expect(Math.abs(Math.max(...corners.map(({ bottom }) => bottom)) - box.bottom)).toBeLessThan(
      tolerance,
    );
    const [first, second] = corners;
    if (columns > 1 && first !== undefined && second !== undefined) {
      const width = first.right - first.left;
      expect(first.right - second.left).toBeCloseTo(TILE_OVERLAP * width, 3);
    }
  }));
});

Deno.test("a grid is two numbers from 1 to 4, and more than one tile", () => {
  expect(parseGrid("3x2")).toEqual({ columns: 3, rows: 2 });
  expect(parseGrid("1x4")).toEqual({ columns: 1, rows: 4 });
  for (const wrong of ["1x1", "5x2", "2x0", "2", "2X2", " 2x2", "2x22", "", 4, null, undefined]) {
    expect(parseGrid(wrong)).toBe(undefined);
  }
  expect(new RegExp(GRID_PATTERN, "u").test("2x2")).toBe(true);
});
