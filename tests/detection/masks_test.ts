import { expect } from "expect";
import fc from "fast-check";
import { decodeMask, type MaskParts, MOST_POINTS } from "../../lib/detection/decode_mask.ts";
import { decodeShape } from "../../lib/detection/decode_shape.ts";
import { fitImage } from "../../lib/image/letterbox.ts";
import type { Size } from "../../lib/image/size.ts";
import type { Point } from "../../lib/protocol/geometry.ts";
import { largestParts, outlineDistance, plainMask } from "./plain_masks.ts";

/** Pixels of the input in a cell of the prototypes. */
const STRIDE = 4;

const between = (min: number, max: number) => fc.double({ min, max, noNaN: true });

/** A hill of a smooth mask, or a hollow: where its middle is, of 0 to 1 across the input; its width in cells; its height. */
const hill = fc.record({
  x: between(-0.1, 1.1),
  y: between(-0.1, 1.1),
  width: between(1.5, 6),
  height: fc.oneof(between(0.5, 2), between(-2, -0.5)),
});

/** Inputs and images with no fewer pixels, wide, tall or square. */
const letterboxes = fc.record({
  columns: fc.integer({ min: 1, max: 3 }),
  rows: fc.integer({ min: 1, max: 3 }),
  width: fc.integer({ min: 96, max: 200 }),
  height: fc.integer({ min: 96, max: 200 }),
  fit: fc.constantFrom("letterbox", "letterbox", "letterbox", "stretch", "crop"),
}).map(({ columns, rows, width, height, fit }) => {
  const input = { width: 32 * columns, height: 32 * rows };
  return { input, letterbox: fitImage({ width, height }, input, fit) };
});

/** Boxes of any size, which may reach beyond the input, in shares of it. */
const box = fc.record({
  left: between(-0.1, 0.7),
  top: between(-0.1, 0.7),
  width: between(0.1, 1.2),
  height: between(0.1, 1.2),
});

const smoothMasks = fc.record({
  hills: fc.array(hill, { minLength: 1, maxLength: 4 }),
  // Not so near to 0 that the mask would depend on rounding where there are no hills.
  level: fc.oneof(between(-0.6, -0.01), between(0.01, 0.3)),
  box,
  place: letterboxes,
}).map(({ hills, level, box, place: { input, letterbox } }): MaskParts => {
  const [left, top] = [box.left * input.width, box.top * input.height];
  return {
    box: {
      left,
      top,
      right: left + box.width * input.width,
      bottom: top + box.height * input.height,
    },
    coefficients: Float32Array.of(...hills.map(({ height }) => height), level),
    prototypes: hillPrototypes(hills, input),
    input,
    letterbox,
  };
});

/** Prototypes of which each holds one hill of height 1, and a last one that is 1 everywhere. */
function hillPrototypes(
  hills: readonly { x: number; y: number; width: number }[],
  input: Size,
): MaskParts["prototypes"] {
  const [columns, rows] = [input.width / STRIDE, input.height / STRIDE];
  const area = columns * rows;
  const data = new Float32Array((hills.length + 1) * area).fill(1);
  hills.forEach(({ x, y, width }, index) => {
    for (let cell = 0; cell < area; cell++) {
      const [dx, dy] = [cell % columns - x * columns, Math.floor(cell / columns) - y * rows];
      data[index * area + cell] = Math.exp(-(dx * dx + dy * dy) / (2 * width * width));
    }
  });
  return { data, dims: [1, hills.length + 1, rows, columns] };
}

/** The input, and where the image lies in it. */
function placeOf({ input: size, letterbox: { content: { width, height }, left, top } }: MaskParts) {
  return { size, content: { left, top, right: left + width, bottom: top + height } };
}

/** The mask as Ultralytics has it: 1 or 0 for each pixel of the input. */
function plainMaskOf({ box, coefficients, prototypes, input }: MaskParts): Uint8Array {
  return plainMask([...coefficients], prototypes, { box, size: input });
}

/** How far an outline in pixels of the image is from the parts of Ultralytics' own mask that it may be of, in pixels of the input. */
function distanceOf(outline: readonly Point[], parts: MaskParts): number {
  const { image, content, left, top } = parts.letterbox;
  const points = outline.map(([x, y]): Point => [
    x * content.width / image.width + left,
    y * content.height / image.height + top,
  ]);
  const place = placeOf(parts);
  const plain = largestParts(plainMaskOf(parts), place);
  return Math.min(...plain.map((part) => outlineDistance(points, part, place)));
}

Deno.test("outlines of smooth masks are within a pixel of Ultralytics' own, at every border too", () => {
  fc.assert(fc.property(smoothMasks, (parts) => {
    const outline = decodeMask(parts);
    if (outline === undefined) expect(plainMaskOf(parts)).not.toContain(1);
    else if (outline.length === 0) {
      expect(largestParts(plainMaskOf(parts), placeOf(parts))).toEqual([]);
    } else {
      expect(outline.length).toBeGreaterThan(2);
      expect(outline.length).toBeLessThanOrEqual(MOST_POINTS);
      expect(distanceOf(outline, parts)).toBeLessThanOrEqual(1);
    }
  }));
});

/** A mask that is at the size of the input, of values for each of its pixels, in the middle of an image with a bar above and below. */
function maskOf(valueAt: (x: number, y: number) => number, box: MaskParts["box"]): MaskParts {
  const input = { width: 32, height: 32 };
  const data = Float32Array.from(
    { length: 32 * 32 },
    (_, place) => valueAt(place % 32, Math.floor(place / 32)),
  );
  const letterbox = fitImage({ width: 64, height: 32 }, input, "letterbox");
  return {
    box,
    coefficients: Float32Array.of(1),
    prototypes: { data, dims: [1, 1, 32, 32] },
    input,
    letterbox,
  };
}

const WHOLE_INPUT = { left: 0, top: 0, right: 32, bottom: 32 };

Deno.test("a single pixel is a mask, however little it is above 0", () => {
  const parts = maskOf((x, y) => x === 20 && y === 12 ? 1e-6 : -1, WHOLE_INPUT);
  const outline = decodeMask(parts) ?? [];
  expect(outline.length).toBeGreaterThan(2);
  expect(distanceOf(outline, parts)).toBeLessThanOrEqual(1);
});

Deno.test("the largest part in the image is outlined, rather than one in the bars", () => {
  const isPart = (x: number, y: number) => y < 6 || x >= 10 && x < 13 && y >= 12 && y < 15;
  expect(decodeMask(maskOf((x, y) => isPart(x, y) ? 1 : -1, WHOLE_INPUT))).toEqual([
    [20, 9],
    [21, 8],
    [25, 8],
    [26, 9],
    [26, 13],
    [25, 14],
    [21, 14],
    [20, 13],
  ]);
});

Deno.test("what has its mask in the bars alone has no outline, and what has an empty one is no object", () => {
  const shapeOf = ({ box, coefficients, prototypes, input, letterbox }: MaskParts) =>
    decodeShape(
      { ...box, classId: 0, score: 1, extras: coefficients },
      {
        layout: { input, extras: { kind: "masks", length: 1, prototypes: "prototypes" } },
        letterbox,
        prototypes,
      },
    );
  expect(shapeOf(maskOf((_, y) => y < 8 ? 1 : -1, WHOLE_INPUT))).toEqual({});
  expect(shapeOf(maskOf(() => -1, WHOLE_INPUT))).toBeUndefined();
});
