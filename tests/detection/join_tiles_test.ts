import { expect } from "expect";
import type { Detection } from "../../lib/protocol/detection.ts";
import { type FoundInTile, joinTiles } from "../../lib/detection/join_tiles.ts";

function found(
  look: number,
  [left, top, right, bottom]: readonly [number, number, number, number],
  rest: Partial<FoundInTile> = {},
): FoundInTile {
  const detection: Detection = {
    label: "car",
    class_id: 0,
    confidence: 0.8,
    bbox: [left, top, right - left, bottom - top],
    mask: [[left, top], [right, top], [right, bottom]],
  };
  const defaults = { classId: 0, detection, score: 0.8, isCut: false };
  return { ...defaults, look, left, top, right, bottom, ...rest };
}

const boxes = (list: readonly FoundInTile[]) =>
  list.map(({ left, top, right, bottom }) => [left, top, right, bottom]);

Deno.test("an object that is whole in two looks is there once, with the higher confidence", () => {
  const joined = joinTiles([
    found(0, [10, 10, 50, 40], { score: 0.6 }),
    found(1, [11, 10, 51, 41], { score: 0.9 }),
  ]);
  expect(joined).toMatchObject([{ score: 0.9, left: 11 }]);
});

Deno.test("a part of an object that is whole elsewhere goes, however sure it is", () => {
  const joined = joinTiles([
    found(0, [0, 0, 300, 100], { score: 0.5 }),
    found(1, [0, 2, 120, 98], { score: 0.95, isCut: true }),
    found(2, [100, 0, 300, 100], { score: 0.9, isCut: true }),
  ]);
  expect(boxes(joined)).toEqual([[0, 0, 300, 100]]);
});

Deno.test("parts of an object that no look shows whole are put together", () => {
  const left = found(1, [0, 0, 120, 100], { score: 0.7, isCut: true });
  const middle = found(2, [100, 2, 220, 99], { score: 0.9, isCut: true });
  const right = found(3, [200, 1, 300, 100], { score: 0.6, isCut: true });
  for (const parts of [[left, middle, right], [right, left, middle]]) {
    expect(joinTiles(parts)).toMatchObject([{ score: 0.9 }]);
    expect(boxes(joinTiles(parts))).toEqual([[0, 0, 300, 100]]);
  }
});

Deno.test("four quarters make one object", () => {
  const quarters = [[0, 0, 60, 60], [50, 0, 110, 60], [0, 50, 60, 110], [
    50,
    50,
    110,
    110,
  ]] as const;
  const joined = joinTiles(quarters.map((box, look) => found(look + 1, box, { isCut: true })));
  expect(boxes(joined)).toEqual([[0, 0, 110, 110]]);
});

Deno.test("objects stay apart that only touch, are of two classes, or of one look", () => {
  const apart = [
    found(1, [0, 0, 100, 20], { isCut: true }),
    found(2, [90, 15, 110, 200], { isCut: true }),
  ];
  expect(joinTiles(apart)).toHaveLength(2);
  const classes = [
    found(1, [0, 0, 100, 50], { isCut: true }),
    found(2, [80, 0, 180, 50], { isCut: true, classId: 1 }),
  ];
  expect(joinTiles(classes)).toHaveLength(2);
  const oneLook = [
    found(1, [0, 0, 100, 50], { isCut: true }),
    found(1, [80, 0, 180, 50], { isCut: true }),
  ];
  expect(joinTiles(oneLook)).toHaveLength(2);
});

Deno.test("a small object within a larger one of its class stays", () => {
  const joined = joinTiles([found(0, [0, 0, 300, 300]), found(1, [20, 20, 60, 60])]);
  expect(joined).toHaveLength(2);
});

Deno.test("an object that is whole keeps its shape, and one that is put together has none", () => {
  const [whole] = joinTiles([found(1, [0, 0, 50, 50])]);
  expect(whole?.detection.mask).toHaveLength(3);
  const [joined, ...others] = joinTiles([
    found(1, [0, 0, 100, 50], { isCut: true }),
    found(2, [80, 0, 180, 50], { isCut: true }),
  ]);
  expect(others).toEqual([]);
  expect(joined?.detection).not.toHaveProperty("mask");
});
