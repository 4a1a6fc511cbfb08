import { expect } from "expect";
import fc from "fast-check";
import { frameSize } from "../../../lib/client/live/frame_capture.ts";

Deno.test("frameSize scales down to 640×480 and keeps the aspect", () => {
  expect(frameSize({ width: 768, height: 576 })).toEqual({ width: 640, height: 480 });
  expect(frameSize({ width: 1920, height: 1080 })).toEqual({ width: 640, height: 360 });
});

Deno.test("frameSize keeps an upright image upright", () => {
  expect(frameSize({ width: 1080, height: 1920 })).toEqual({ width: 360, height: 640 });
  expect(frameSize({ width: 480, height: 640 })).toEqual({ width: 480, height: 640 });
});

Deno.test("frameSize does not enlarge", () => {
  expect(frameSize({ width: 320, height: 200 })).toEqual({ width: 320, height: 200 });
});

Deno.test("frameSize gives whole pixels within the bounds for any image", () => {
  const side = fc.integer({ min: 1, max: 20_000 });
  fc.assert(fc.property(side, side, (width, height) => {
    const size = frameSize({ width, height });
    const [shorter, longer] = [size.width, size.height].sort((a, b) => a - b) as [number, number];
    expect(Number.isInteger(shorter) && Number.isInteger(longer)).toBe(true);
    expect(shorter).toBeGreaterThanOrEqual(1);
    expect(shorter).toBeLessThanOrEqual(480);
    expect(longer).toBeLessThanOrEqual(640);
  }));
});

Deno.test("frameSize gives a share of the size for a server that takes no more", () => {
  expect(frameSize({ width: 1280, height: 960 }, 0.5)).toEqual({ width: 320, height: 240 });
});
