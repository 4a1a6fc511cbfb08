import { expect } from "expect";
import fc from "fast-check";
import { inputShapes, shapeInput } from "../../lib/image/input_shape.ts";

const LIKE = { width: 640, height: 480 };
const side = fc.integer({ min: 1, max: 8000 });

const nameOf = ({ width, height }: { width: number; height: number }) => `${width}x${height}`;

Deno.test("inputShapes are those of cameras and photographs, lying and upright", () => {
  expect(inputShapes(LIKE).map(nameOf)).toEqual([
    ...["736x416", "672x448", "640x480", "544x544", "480x640", "448x672", "416x736"],
  ]);
});

Deno.test("inputShapes are multiples of 32, and of about as many pixels as the one they are made from", () => {
  const step = fc.integer({ min: 4, max: 40 }).map((count) => count * 32);
  fc.assert(fc.property(step, step, (width, height) => {
    for (const shape of inputShapes({ width, height })) {
      expect([shape.width % 32, shape.height % 32]).toEqual([0, 0]);
      expect(Math.min(shape.width, shape.height)).toBeGreaterThanOrEqual(32);
      const share = shape.width * shape.height / (width * height);
      expect(share).toBeGreaterThan(0.7);
      expect(share).toBeLessThan(1.4);
    }
  }));
});

Deno.test("shapeInput gives cameras an input that they fill", () => {
  const shapes = ["1280x720", "1920x1080", "640x480", "1080x1080", "480x640", "1080x1920"]
    .map((size) => {
      const [width = 0, height = 0] = size.split("x").map(Number);
      return nameOf(shapeInput({ width, height }, LIKE));
    });
  expect(shapes).toEqual(["736x416", "736x416", "640x480", "544x544", "480x640", "416x736"]);
});

Deno.test("shapeInput shows any image as large as one of the inputs does", () => {
  fc.assert(fc.property(side, side, (width, height) => {
    const scale = (input: { width: number; height: number }) =>
      Math.min(input.width / width, input.height / height);
    const chosen = shapeInput({ width, height }, LIKE);
    for (const other of inputShapes(LIKE)) {
      expect(scale(chosen)).toBeGreaterThanOrEqual(scale(other));
    }
  }));
});

Deno.test("shapeInput turns with the image", () => {
  fc.assert(
    fc.property(side, side, (width, height) => {
      const lying = shapeInput({ width, height }, LIKE);
      const upright = shapeInput({ width: height, height: width }, LIKE);
      expect(upright).toEqual({ width: lying.height, height: lying.width });
      // Images of 10 : 7 are as large in 672x448 as in 640x480.
    }),
    { examples: [[10, 7], [5000, 3500]] },
  );
});
