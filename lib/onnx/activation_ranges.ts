/** Finds out which values a network's tensors take on real images. */

import { InferenceSession, Tensor } from "./onnxruntime.ts";
import sharp, { type Sharp } from "sharp";
import { LETTERBOX_GREY } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import type { Range } from "./quantize_detector.ts";

/** Other looks that the same image might have, so that few images stand for many. */
const LOOKS: readonly ((image: Sharp, size: Size) => Sharp)[] = [
  (image) => image,
  (image) => image.flop(),
  (image) => image.modulate({ brightness: 1.4 }),
  (image) => image.modulate({ brightness: 0.6 }),
  (image) => image.modulate({ saturation: 0.05 }),
  (image) => image.blur(2),
  (image, { width, height }) =>
    image.extract({
      left: Math.floor(width / 8),
      top: Math.floor(height / 8),
      width: Math.ceil(width * 0.7),
      height: Math.ceil(height * 0.7),
    }),
];

/**
 * Measures the lowest and the highest value of each output on all images and several variations of them.
 *
 * @param model A specialized network whose outputs are the tensors to measure
 * @param input Size of its input, in pixels
 * @param images Encoded ones
 */
export async function measureRanges(
  model: Uint8Array,
  input: Size,
  images: readonly Uint8Array[],
): Promise<Map<string, Range>> {
  // Optimizing would fold away tensors that are outputs here, at no gain.
  const session = await InferenceSession.create(model, { graphOptimizationLevel: "disabled" });
  const ranges = new Map<string, Range>();
  for (const image of images) {
    const { width, height } = await sharp(image).metadata();
    for (const look of LOOKS) {
      const pixels = await toPixels(look(sharp(image), { width, height }), input);
      const feed = new Tensor("uint8", pixels, [1, input.height, input.width, 3]);
      const outputs = await session.run({ [session.inputNames[0] ?? ""]: feed });
      for (const [name, { data }] of Object.entries(outputs)) {
        ranges.set(name, widen(ranges.get(name), data as Float32Array));
      }
    }
  }
  await session.release();
  return ranges;
}

async function toPixels(image: Sharp, { width, height }: Size): Promise<Uint8Array> {
  const background = { r: LETTERBOX_GREY, g: LETTERBOX_GREY, b: LETTERBOX_GREY };
  return await image.flatten({ background }).resize(width, height, { fit: "contain", background })
    .toColourspace("srgb").raw({ depth: "uchar" }).toBuffer();
}

function widen(range: Range | undefined, values: Float32Array): Range {
  let { lowest, highest } = range ?? { lowest: 0, highest: 0 };
  for (const value of values) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  return { lowest, highest };
}
