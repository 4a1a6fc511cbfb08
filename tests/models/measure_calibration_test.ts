import { expect } from "expect";
import sharp from "sharp";
import { hashOf } from "../../lib/models/calibration.ts";
import { measureCalibration } from "../../lib/models/measure_calibration.ts";
import { ImageDecodeError } from "../../lib/image/errors.ts";
import { ensureModel, readFixture } from "../pipeline/models.ts";
import shipped from "../../lib/models/calibrations/yolov8n.json" with { type: "json" };

const OPTIONS = { input: { width: 320, height: 256 }, maxPixels: 4_194_304 };

async function* each(images: Uint8Array[]) {
  yield* images;
}

Deno.test("measureCalibration measures the tensors that the shipped calibration has, about as wide", async () => {
  const model = await Deno.readFile(await ensureModel());
  const upright = await sharp(readFixture("dog.jpg")).rotate(90).jpeg().toBuffer();
  let count = 0;
  const images = each([readFixture("dog.jpg"), new Uint8Array(upright), readFixture("horses.jpg")]);
  const onImage = () => count += 1;
  const found = await measureCalibration(model, images, { ...OPTIONS, onImage });
  expect([found.model, found.images, count]).toEqual([hashOf(model), 3, 3]);
  expect(Object.keys(found.ranges)).toEqual(Object.keys(shipped.ranges));
  const widthOf = ([lowest = 0, highest = 0]: number[]) => highest - lowest;
  const ratios = Object.entries(shipped.ranges).map(([name, range]) =>
    widthOf(found.ranges[name] ?? []) / widthOf(range)
  ).sort((a, b) => a - b);
  // Three photographs do not show all that there is, but most of it.
  expect(ratios[ratios.length >> 1]).toBeGreaterThan(0.6);
  expect(ratios[ratios.length >> 1]).toBeLessThan(1.2);
});

Deno.test("measureCalibration says what is no image", async () => {
  const model = await Deno.readFile(await ensureModel());
  const images = each([readFixture("dog.jpg"), new TextEncoder().encode("no image")]);
  await expect(measureCalibration(model, images, OPTIONS)).rejects.toThrow(ImageDecodeError);
});
