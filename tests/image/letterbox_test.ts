import { expect } from "expect";
import fc from "fast-check";
import { fitLetterbox, toImageBox } from "../../lib/image/letterbox.ts";

const side = fc.integer({ min: 1, max: 4096 });
const inputSide = fc.integer({ min: 1, max: 40 }).map((blocks) => blocks * 32);
const sizes = fc.record({
  image: fc.record({ width: side, height: side }),
  input: fc.record({ width: inputSide, height: inputSide }),
});

Deno.test("fitLetterbox centres an image that is wider than the input", () => {
  const letterbox = fitLetterbox({ width: 768, height: 576 }, { width: 640, height: 640 });
  expect(letterbox).toMatchObject({ content: { width: 640, height: 480 }, left: 0, top: 80 });
});

Deno.test("fitLetterbox leaves no bars around an image of the input's shape", () => {
  const letterbox = fitLetterbox({ width: 640, height: 480 }, { width: 512, height: 384 });
  expect(letterbox).toMatchObject({ content: { width: 512, height: 384 }, left: 0, top: 0 });
});

Deno.test("fitLetterbox keeps every content within its input, touching two sides", () => {
  fc.assert(fc.property(sizes, ({ image, input }) => {
    const { content, left, top } = fitLetterbox(image, input);
    expect(left).toBeGreaterThanOrEqual(0);
    expect(top).toBeGreaterThanOrEqual(0);
    expect(left + content.width).toBeLessThanOrEqual(input.width);
    expect(top + content.height).toBeLessThanOrEqual(input.height);
    expect(content.width === input.width || content.height === input.height).toBe(true);
  }));
});

Deno.test("toImageBox undoes the letterbox within a tenth of a pixel", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(sizes, share, share, share, share, ({ image, input }, a, b, c, d) => {
    const letterbox = fitLetterbox(image, input);
    const { content, left, top } = letterbox;
    const [x1, x2] = [Math.min(a, b), Math.max(a, b)];
    const [y1, y2] = [Math.min(c, d), Math.max(c, d)];
    const [x, y, width, height] = toImageBox({
      left: left + x1 * content.width,
      right: left + x2 * content.width,
      top: top + y1 * content.height,
      bottom: top + y2 * content.height,
    }, letterbox);
    expect(Math.abs(x - x1 * image.width)).toBeLessThanOrEqual(0.051);
    expect(Math.abs(y - y1 * image.height)).toBeLessThanOrEqual(0.051);
    expect(Math.abs(x + width - x2 * image.width)).toBeLessThanOrEqual(0.051);
    expect(Math.abs(y + height - y2 * image.height)).toBeLessThanOrEqual(0.051);
  }));
});

Deno.test("toImageBox clips any box to the image and rounds it to tenths", () => {
  const coordinate = fc.double({ min: -5000, max: 5000, noNaN: true });
  fc.assert(fc.property(
    sizes,
    fc.tuple(coordinate, coordinate, coordinate, coordinate),
    ({ image, input }, [a, b, c, d]) => {
      const box = {
        left: Math.min(a, b),
        right: Math.max(a, b),
        top: Math.min(c, d),
        bottom: Math.max(c, d),
      };
      const [x, y, width, height] = toImageBox(box, fitLetterbox(image, input));
      expect(Math.min(x, y, width, height)).toBeGreaterThanOrEqual(0);
      expect(x + width).toBeLessThanOrEqual(image.width + 1e-9);
      expect(y + height).toBeLessThanOrEqual(image.height + 1e-9);
      for (const value of [x, y, width, height]) expect(Math.round(value * 10) / 10).toBe(value);
    },
  ));
});

Deno.test("fitLetterbox refuses sides that are not whole pixels", () => {
  for (const width of [0, -1, 1.5, NaN]) {
    expect(() => fitLetterbox({ width, height: 10 }, { width: 32, height: 32 })).toThrow(
      RangeError,
    );
  }
});
