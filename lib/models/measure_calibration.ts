/**
 * Finds out which values the tensors inside a detector's network take on images.
 *
 * @module
 */

import { specializeDetector } from "../detection/detector_graph.ts";
import { decodeLetterboxed, readImageSize } from "../image/image_decoder.ts";
import { shapeInput } from "../image/input_shape.ts";
import type { Size } from "../image/size.ts";
import { chooseRange } from "../onnx/choose_range.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { quantizedTensors } from "../onnx/quantize_detector.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import { ValueHistogram } from "../onnx/value_histogram.ts";
import { type Calibration, hashOf } from "./calibration.ts";
import { readDetector } from "./specialized_model.ts";

/** Options for {@linkcode measureCalibration}. */
export interface MeasureOptions {
  /** Detector input, in pixels; images of another shape are looked at in an input of theirs, of as many pixels. */
  input: Size;
  /** Most pixels that an image may have. */
  maxPixels: number;
  /** Called when one more image has been looked at. */
  onImage?: () => void;
}

/**
 * Runs a detector on images and chooses the ranges that 8-bit integers lose least on.
 *
 * @param source The model's file
 * @param images Encoded ones, like those that the detector will see
 * @throws {ModelError} If the model cannot be read, or is no detector that can be used
 * @throws {UnfitForQuantizingError} If the detector's network cannot be quantized
 * @throws {ImageDecodeError} If an image cannot be decoded
 * @throws {ImageTooLargeError} If an image exceeds `maxPixels`
 */
export async function measureCalibration(
  source: string,
  images: AsyncIterable<Uint8Array>,
  { input, maxPixels, onImage }: MeasureOptions,
): Promise<Calibration> {
  const { model, layout, network: files } = await readDetector(source, input);
  const tensors = quantizedTensors(model, layout);
  const histograms = new Map([...tensors.keys()].map((name) => [name, new ValueHistogram()]));
  const networks = new Map<string, Network>();
  let count = 0;
  for await (const image of images) {
    const size = await readImageSize(image, { maxPixels, upright: true });
    const shape = shapeInput(size, input);
    const key = `${shape.width}x${shape.height}`;
    const network = networks.get(key) ?? await openNetwork(source, shape, [...tensors.keys()]);
    networks.set(key, network);
    const pixels = new Uint8Array(network.input.width * network.input.height * 3);
    await decodeLetterboxed(image, network.input, pixels, { maxPixels, upright: true });
    for (const [name, values] of await network.run(pixels)) histograms.get(name)?.add(values);
    count += 1;
    onImage?.();
  }
  for (const network of networks.values()) await network.release();
  const ranges = [...histograms].map(([name, histogram]) => {
    const { lowest, highest } = chooseRange(histogram.bins(), tensors.get(name));
    return [name, [lowest, highest]] satisfies [string, [number, number]];
  });
  return { model: hashOf(...files), images: count, ranges: Object.fromEntries(ranges) };
}

/** A network that gives tensors which are otherwise inside it. */
interface Network {
  input: Size;
  run(pixels: Uint8Array): Promise<[string, Float32Array][]>;
  release(): Promise<void>;
}

async function openNetwork(source: string, size: Size, outputs: string[]): Promise<Network> {
  const { model, layout } = await readDetector(source, size);
  const { width, height } = layout.input;
  const graph = specializeDetector(model, { ...layout, outputs });
  const session = await InferenceSession.create(graph, {
    ...sessionSettings(navigator.hardwareConcurrency),
    // Optimizing would fold away tensors that are outputs here, at no gain.
    graphOptimizationLevel: "disabled",
  });
  return {
    input: layout.input,
    async run(pixels) {
      const feed = new Tensor("uint8", pixels, [1, height, width, 3]);
      const found = await session.run({ [session.inputNames[0] ?? ""]: feed });
      return Object.entries(found).map(([name, { data }]) => [name, data as Float32Array]);
    },
    release: () => session.release(),
  };
}
