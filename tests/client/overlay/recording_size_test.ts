import { expect } from "expect";
import fc from "fast-check";
import { recordingSize } from "../../../lib/client/overlay/recording_size.ts";

Deno.test("recordingSize keeps the size of a camera and makes larger sources smaller", () => {
  expect(recordingSize({ width: 640, height: 480 })).toEqual({ width: 640, height: 480 });
  expect(recordingSize({ width: 1080, height: 1920 })).toEqual({ width: 720, height: 1280 });
});

Deno.test("recordingSize is even and within bounds for any source", () => {
  const side = fc.integer({ min: 1, max: 10_000 });
  fc.assert(fc.property(side, side, (width, height) => {
    for (const result of Object.values(recordingSize({ width, height }))) {
      expect(result % 2).toBe(0);
      expect(result).toBeGreaterThanOrEqual(2);
      expect(result).toBeLessThanOrEqual(1280);
    }
  }));
});
