import { expect } from "expect";
import fc from "fast-check";
import { findComponents } from "../../lib/ocr/components.ts";
import { findBoxes, type ProbabilityMap, unclip } from "../../lib/ocr/find_boxes.ts";
import { rectangleCorners, type RotatedRectangle } from "../../lib/ocr/geometry.ts";

/** Draws rectangles of one probability. */
function drawMap(boxes: RotatedRectangle[], probability = 0.9): ProbabilityMap {
  const [width, height, stride] = [120, 80, 128];
  const values = new Float32Array(stride * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const { center, width, height, angle } of boxes) {
        const [dx, dy] = [x + 0.5 - center[0], y + 0.5 - center[1]];
        const along = dx * Math.cos(angle) + dy * Math.sin(angle);
        const across = dy * Math.cos(angle) - dx * Math.sin(angle);
        if (Math.abs(along) > width / 2 || Math.abs(across) > height / 2) continue;
        values[y * stride + x] = probability;
      }
    }
  }
  return { values, width, height, stride };
}

function parseMap(rows: string[]): ProbabilityMap {
  const width = rows[0]?.length ?? 0;
  const values = Float32Array.from(rows.join(""), (cell) => cell === "#" ? 1 : 0);
  return { values, width, height: rows.length, stride: width };
}

/** Labels by flooding, pixel by pixel: slow and plain. */
function countGroups({ values, width, height, stride }: ProbabilityMap): number {
  const left = new Set<number>();
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) if (values[y * stride + x]) left.add(y * width + x);
  }
  let groups = 0;
  for (const start of left) {
    groups++;
    const pending = [start];
    for (let cell = pending.pop(); cell !== undefined; cell = pending.pop()) {
      if (!left.delete(cell)) continue;
      const [x, y] = [cell % width, Math.floor(cell / width)];
      for (let dy = -1; dy <= 1; dy++) {
        for (let dx = -1; dx <= 1; dx++) {
          if (x + dx >= 0 && x + dx < width) pending.push((y + dy) * width + x + dx);
        }
      }
    }
  }
  return groups;
}

Deno.test("findComponents joins what touches at corners", () => {
  expect(findComponents(parseMap(["#..", ".#.", "..#"]), 0.5)).toHaveLength(1);
});

Deno.test("findComponents joins arms that meet further down", () => {
  expect(findComponents(parseMap(["#.#.#", "#.#.#", "#####"]), 0.5)).toHaveLength(1);
  expect(findComponents(parseMap(["#.#.#", "#.#.#", "#.###"]), 0.5)).toHaveLength(2);
});

Deno.test("findComponents finds as many groups as flooding does", () => {
  const map = fc.integer({ min: 1, max: 12 }).chain((width) =>
    fc.array(fc.string({ unit: fc.constantFrom("#", "."), minLength: width, maxLength: width }), {
      minLength: 1,
      maxLength: 12,
    })
  );
  fc.assert(fc.property(map, (rows) => {
    const field = parseMap(rows);
    expect(findComponents(field, 0.5)).toHaveLength(countGroups(field));
  }));
});

Deno.test("findComponents averages the values of a group alone", () => {
  const [component] = findComponents(
    { values: Float32Array.of(0.4, 0.8, 0.1, 0.6, 0, 0.2), width: 3, height: 2, stride: 3 },
    0.3,
  );
  expect(component?.mean).toBeCloseTo(0.6, 6);
});

Deno.test("findBoxes finds a turned line, grown by the unclip ratio", () => {
  const line: RotatedRectangle = { center: [60, 40], width: 70, height: 10, angle: 0.25 };
  const [box] = findBoxes(drawMap([line]));
  const { width, height } = unclip(line, 1.5);
  expect(box?.rectangle.angle).toBeCloseTo(0.25, 1);
  expect(Math.abs((box?.rectangle.width ?? 0) - width)).toBeLessThan(4);
  expect(Math.abs((box?.rectangle.height ?? 0) - height)).toBeLessThan(4);
  expect(Math.hypot((box?.rectangle.center[0] ?? 0) - 60, (box?.rectangle.center[1] ?? 0) - 40))
    .toBeLessThan(1.5);
  expect(box?.score).toBeGreaterThan(0.7);
});

Deno.test("findBoxes leaves out boxes that are too thin, too small or too unsure", () => {
  const thin: RotatedRectangle = { center: [60, 20], width: 70, height: 2, angle: 0 };
  const line: RotatedRectangle = { center: [60, 40], width: 70, height: 10, angle: 0 };
  expect(findBoxes(drawMap([thin]))).toEqual([]);
  expect(findBoxes(drawMap([line], 0.5))).toEqual([]);
  expect(findBoxes(drawMap([line], 0.29), { boxScore: 0.1 })).toEqual([]);
  expect(findBoxes(drawMap([line], 0.5), { boxScore: 0.4 })).toHaveLength(1);
});

Deno.test("findBoxes ignores what lies in the padding", () => {
  const map = drawMap([]);
  for (let y = 0; y < map.height; y++) map.values.fill(1, y * 128 + 120, (y + 1) * 128);
  expect(findBoxes(map)).toEqual([]);
});

Deno.test("unclip grows to all sides by area times ratio over perimeter", () => {
  const grown = unclip({ center: [0, 0], width: 30, height: 10, angle: 0 }, 2);
  expect(grown).toEqual({ center: [0, 0], width: 45, height: 25, angle: 0 });
  expect(rectangleCorners(grown)[0]).toEqual([-22.5, -12.5]);
});
