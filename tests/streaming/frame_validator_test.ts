import type { Size } from "../../lib/image/size.ts";
import { expect } from "expect";
import fc from "fast-check";
import { FrameValidationError, validateJpeg } from "../../lib/streaming/frame_validator.ts";
import { readFixture } from "../read_fixture.ts";
import vectors from "../vectors/validator.json" with { type: "json" };

const LIMITS = { maxFrameBytes: 5 * 1_048_576, maxFramePixels: 4_194_304 };

interface Case {
  name: string;
  hex: string;
  pad_to?: number;
  limit_mb?: number;
  error?: string;
  detail?: string;
  width?: number;
  height?: number;
}

function buildFrame({ hex, pad_to = 0 }: Case): Uint8Array {
  const bytes = Uint8Array.fromHex(hex);
  const frame = new Uint8Array(Math.max(pad_to, bytes.length));
  frame.set(bytes.subarray(0, -2));
  frame.set(bytes.subarray(-2), frame.length - Math.min(2, bytes.length));
  return frame;
}

function validate(bytes: Uint8Array, limits = LIMITS): Size | FrameValidationError {
  try {
    return validateJpeg(bytes, limits);
  } catch (error) {
    if (error instanceof FrameValidationError) return error;
    throw error;
  }
}

for (const vector of vectors.cases as Case[]) {
  Deno.test(`validateJpeg conforms to the vector "${vector.name}"`, () => {
    const limits = {
      ...LIMITS,
      maxFrameBytes: (vector.limit_mb ?? 5) * 1_048_576,
    };
    const outcome = validate(buildFrame(vector), limits);
    if (vector.error === undefined) {
      expect(outcome).toEqual({ width: vector.width, height: vector.height });
    } else {
      expect(outcome).toMatchObject({ code: vector.error });
      if (vector.detail !== undefined) expect(outcome).toHaveProperty("message", vector.detail);
    }
  });
}

Deno.test("validateJpeg reads the size of real photographs", async () => {
  const sizes: Record<string, Size> = {
    "dog.jpg": { width: 768, height: 576 },
    "person.jpg": { width: 640, height: 424 },
    "horses.jpg": { width: 773, height: 512 },
    "text.jpg": { width: 640, height: 480 },
  };
  for (const [name, size] of Object.entries(sizes)) {
    expect(validateJpeg(await readFixture(name), LIMITS)).toEqual(size);
  }
});

Deno.test("validateJpeg answers any bytes with a size or a documented error", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.boolean(), (body, framed) => {
      const bytes = framed ? new Uint8Array([0xff, 0xd8, ...body, 0xff, 0xd9]) : body;
      const outcome = validate(bytes);
      if (outcome instanceof FrameValidationError) {
        expect(outcome.message).toMatch(
          /^(Frame is empty|Not a valid JPEG image: (missing SOI marker|missing EOI marker|no frame header)|Frame of \d+x\d+ pixels exceeds the limit of 4194304 pixels)$/,
        );
      } else {
        expect(outcome.width * outcome.height).toBeLessThanOrEqual(LIMITS.maxFramePixels);
      }
    }),
    { numRuns: 5000 },
  );
});

Deno.test("validateJpeg finds the frame header behind any segments", () => {
  const segment = fc.tuple(
    fc.constantFrom(0xe0, 0xe1, 0xdb, 0xc4, 0xfe),
    fc.uint8Array({ maxLength: 50 }),
  );
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 20 }),
      fc.integer({ min: 1, max: 2000 }),
      fc.integer({ min: 1, max: 2000 }),
      (segments, width, height) => {
        const head = segments.flatMap(([marker, body]) => [
          0xff,
          marker,
          (body.length + 2) >> 8,
          (body.length + 2) & 255,
          ...body,
        ]);
        const header = [0xff, 0xc2, 0, 11, 8, height >> 8, height & 255, width >> 8, width & 255];
        const frame = [0xff, 0xd8, ...head, ...header, 1, 1, 0x11, 0, 0xff, 0xd9];
        expect(validate(Uint8Array.from(frame))).toEqual({ width, height });
      },
    ),
  );
});

Deno.test("validateJpeg gives up on a frame that is all fill bytes", () => {
  const frame = new Uint8Array(1_000_000).fill(0xff);
  frame[1] = 0xd8;
  frame[frame.length - 1] = 0xd9;
  expect(validate(frame)).toHaveProperty("message", "Not a valid JPEG image: no frame header");
});

/** What cameras and phones put behind an image. */
const TRAILERS: Record<string, (image: Uint8Array) => Uint8Array> = {
  "zeros, as an ESP32-CAM pads": () => new Uint8Array(4096),
  "fill bytes": () => new Uint8Array(1024).fill(0xff),
  "a maker's trailer": () =>
    new TextEncoder().encode("\0\0\x01\nImage_UTC_Data1714567890123SEFHe\0\0\0SEFT"),
  "a second image": (image) => image,
  "a film": () => Deno.readFileSync(new URL("../fixtures/dog.mp4", import.meta.url)),
};

for (const [name, trailer] of Object.entries(TRAILERS)) {
  Deno.test(`validateJpeg takes an image that is followed by ${name}`, async () => {
    const image = await readFixture("dog.jpg");
    expect(validate(Uint8Array.from([...image, ...trailer(image)])))
      .toEqual({ width: 768, height: 576 });
  });
}

Deno.test("validateJpeg is not taken in by the last marker of a thumbnail", async () => {
  const image = await readFixture("dog.jpg");
  const thumbnail = [0xff, 0xe1, 0, 8, 0xff, 0xd8, 0, 0, 0xff, 0xd9];
  const cut = Uint8Array.from([0xff, 0xd8, ...thumbnail, ...image.subarray(2, 60_000)]);
  expect(validate(cut)).toHaveProperty("message", "Not a valid JPEG image: missing EOI marker");
});
