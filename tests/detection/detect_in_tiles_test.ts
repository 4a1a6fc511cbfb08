import { expect } from "expect";
import sharp from "sharp";
import { detectInTiles } from "../../lib/detection/detect_in_tiles.ts";
import { Detector } from "../../lib/detection/detector.ts";
import { intersectionOverUnion, toCorners } from "../../lib/image/boxes.ts";
import { decodeLetterboxed } from "../../lib/image/image_decoder.ts";
import type { PixelImage } from "../../lib/image/pixel_image.ts";
import { loadDetector, prepareDetector } from "../../lib/models/specialized_model.ts";
import type { BoundingBox } from "../../lib/protocol/geometry.ts";
import { ensureModel, readFixture, REFERENCE } from "../pipeline/models.ts";

const GREY = { r: 114, g: 114, b: 114 };

async function withDetector(test: (detector: Detector) => Promise<void>): Promise<void> {
  const size = { width: 640, height: 480 };
  const choice = { size, confidence: 0.25, precision: "fp32" } as const;
  const graph = await loadDetector(await prepareDetector(await ensureModel(), choice));
  const detector = await Detector.create({ ...graph, threads: 2, confidence: 0.25, iou: 0.45 });
  try {
    await test(detector);
  } finally {
    await detector.release();
  }
}

/** A large grey image with dog.jpg in it, made smaller. */
async function scene(
  size: { width: number; height: number },
  width: number,
  places: readonly { left: number; top: number }[],
): Promise<PixelImage> {
  const small = await sharp(readFixture("dog.jpg")).resize(width).png().toBuffer();
  const { data, info } = await sharp({ create: { ...size, channels: 3, background: GREY } })
    .composite(places.map((place) => ({ input: small, ...place }))).removeAlpha().raw()
    .toBuffer({ resolveWithObject: true });
  return { pixels: new Uint8Array(data), width: info.width, height: info.height };
}

/** Where the dog of dog.jpg lies, in pixels of a scene. */
function dogAt(width: number, { left, top }: { left: number; top: number }): BoundingBox {
  const box = REFERENCE["dog.jpg"]?.find(({ label }) => label === "dog")?.bbox ?? [0, 0, 0, 0];
  const [x, y, w, h] = box.map((side) => side * width / 768) as BoundingBox;
  return [left + x, top + y, w, h];
}

Deno.test("tiles find small objects that the whole image does not show, each once", async () => {
  await withDetector(async (detector) => {
    const [width, size] = [260, { width: 1920, height: 1440 }];
    const places = [
      { left: 100, top: 100 },
      // On the seams of 3x3 tiles.
      { left: 640, top: 500 },
      { left: 1150, top: 900 },
      { left: 1620, top: 1200 },
    ];
    const image = await scene(size, width, places);
    const letterbox = await decodeLetterboxed(image, detector.input, detector.pixels, {
      maxPixels: Infinity,
    });
    const isDog = ({ label }: { label: string }) => label === "dog";
    const whole = (await detector.detect(letterbox)).filter(isDog);
    const dogs = (await detectInTiles(image, { columns: 3, rows: 3 }, detector, {})).filter(isDog);
    expect(dogs.length).toBeGreaterThan(whole.length);
    expect(dogs).toHaveLength(places.length);
    for (const place of places) {
      const expected = toCorners(dogAt(width, place));
      const overlaps = dogs.map(({ bbox }) => intersectionOverUnion(toCorners(bbox), expected));
      expect(Math.max(...overlaps)).toBeGreaterThan(0.6);
    }
  });
});

Deno.test("objects as large as the image are found once, and whole", async () => {
  await withDetector(async (detector) => {
    const { data, info } = await sharp(readFixture("dog.jpg")).raw()
      .toBuffer({ resolveWithObject: true });
    const image = { pixels: new Uint8Array(data), width: info.width, height: info.height };
    const found = await detectInTiles(image, { columns: 2, rows: 2 }, detector, {});
    for (const { label, bbox } of REFERENCE["dog.jpg"] ?? []) {
      // A tile shows that what looks like a car from afar is a truck.
      if (label === "car") continue;
      const alike = found.filter((each) => each.label === label && each.confidence > 0.4);
      const overlaps = alike.map((each) =>
        intersectionOverUnion(toCorners(each.bbox), toCorners(bbox))
      );
      expect([label, Math.max(...overlaps) > 0.8]).toEqual([label, true]);
    }
    const labels = found.map(({ label }) => label).toSorted();
    expect(labels).toEqual(["bicycle", "dog", "truck"]);
  });
});

Deno.test("tiles keep to the classes and the confidence that are asked for", async () => {
  await withDetector(async (detector) => {
    const image = await scene({ width: 800, height: 600 }, 700, [{ left: 50, top: 30 }]);
    const grid = { columns: 2, rows: 1 };
    const dogs = await detectInTiles(image, grid, detector, { classes: ["dog"], confidence: 0.6 });
    expect(dogs.map(({ label }) => label)).toEqual(["dog"]);
    expect(await detectInTiles(image, grid, detector, { confidence: 0.99 })).toEqual([]);
  });
});
