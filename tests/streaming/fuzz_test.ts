import { expect } from "expect";
import { FrameValidationError, validateJpeg } from "../../lib/streaming/frame_validator.ts";
import { readFixture } from "../read_fixture.ts";
import { createRandom, mutateFrame } from "./mutate_frame.ts";

const LIMITS = { maxFrameBytes: 5_242_880, maxFramePixels: 4_194_304 };
const DETAIL =
  /^(Frame is empty|Not a valid JPEG image: (missing SOI marker|missing EOI marker|no frame header)|Frame of \d+x\d+ pixels exceeds the limit of 4194304 pixels)$/;

Deno.test("validateJpeg answers 100,000 spoilt images with a size or a documented error", async () => {
  const image = await readFixture("text.jpg");
  const random = createRandom(1);
  let passed = 0;
  for (let count = 0; count < 100_000; count += 1) {
    try {
      const { width, height } = validateJpeg(mutateFrame(image, random), LIMITS);
      if (width < 1 || height < 1 || width * height > LIMITS.maxFramePixels) {
        throw new RangeError(`Unexpected size ${width}x${height}`);
      }
      passed += 1;
    } catch (error) {
      if (!(error instanceof FrameValidationError) || !DETAIL.test(error.message)) throw error;
    }
  }
  // Damage behind the headers is for the decoder to find, so some must pass and some must not.
  expect(passed).toBeGreaterThan(10_000);
  expect(passed).toBeLessThan(90_000);
});
