/**
 * Finds out which values the tensors inside the networks for text take on images.
 *
 * @module
 */

import { decodePixels } from "../image/image_decoder.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import { inputSizeFor, padImage, shrinkImage } from "../ocr/fit_image.ts";
import type { PixelRange } from "../ocr/graphs/feed_pixels.ts";
import { measurableTextNetwork, RECOGNIZER_RANGE } from "../ocr/graphs/text_graphs.ts";
import { cutStrip, type LineStrip, STRIP_HEIGHT } from "../ocr/line_strip.ts";
import { TextReader, type TextReaderOptions } from "../ocr/text_reader.ts";
import { holdingRange } from "../onnx/choose_range.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import { ValueHistogram } from "../onnx/value_histogram.ts";
import { type Calibration, hashOf } from "./calibration.ts";

/** Options for {@linkcode measureTextCalibrations}. */
export interface MeasureTextOptions {
  /** Most pixels that an image may have. */
  maxPixels: number;
  /** Called when one more image has been looked at. */
  onImage?: () => void;
}

/**
 * Share of the values that a range holds.
 *
 * Pale text makes small values, so it pays to write those finely. docs/decisions.md has figures of this and other rules.
 */
const HELD_SHARE = 0.9999;

/** Most lines of an image that are looked at, so that one with many does not outweigh all others. */
const MOST_LINES = 12;

/** Longest line that is looked at, in columns of its strip; what is longer is read in parts. */
const MOST_COLUMNS = 1280;

/** Columns of a strip are a multiple of this. */
const COLUMN_STEP = 8;

/** What a line is followed by: the value that becomes 0 in the network. */
const PADDING = 127;

/**
 * Reads the text in images and chooses the ranges that 8-bit integers lose least on.
 *
 * @param models What reads the text, in float32
 * @param images Encoded ones, like those whose text will be read
 * @returns For the detector and for the recognizer
 * @throws {UnfitForQuantizingError} If one of the networks cannot be quantized
 * @throws {ImageDecodeError} If an image cannot be decoded
 * @throws {ImageTooLargeError} If an image exceeds `maxPixels`
 */
export async function measureTextCalibrations(
  models: Omit<TextReaderOptions, "ranges" | "threads">,
  images: AsyncIterable<Uint8Array>,
  { maxPixels, onImage }: MeasureTextOptions,
): Promise<{ detector: Calibration; recognizer: Calibration }> {
  const { detectorModel, recognizerModel, finding, reading } = models;
  const threads = navigator.hardwareConcurrency;
  const reader = await TextReader.create({ ...models, threads });
  const detector = await MeasuredNetwork.open(detectorModel, finding);
  const recognizer = await MeasuredNetwork.open(recognizerModel, RECOGNIZER_RANGE);
  for await (const bytes of images) {
    const image = await decodePixels(bytes, { maxPixels, upright: true });
    await detector.look(await toDetectorInput(image, finding));
    const lines = await reader.findLines(image);
    for (const { polygon } of lines.slice(0, MOST_LINES)) {
      const strip = cutStrip(image, polygon, reading.margin, reading.stretch);
      if (strip.width <= MOST_COLUMNS) await recognizer.look(toRecognizerInput(strip));
    }
    detector.images += 1;
    recognizer.images += 1;
    onImage?.();
  }
  await reader.release();
  return { detector: await detector.finish(), recognizer: await recognizer.finish() };
}

/** A network that counts the values of the tensors inside it. */
class MeasuredNetwork {
  /** Images that were looked at. */
  images = 0;
  readonly #model: string;
  readonly #session: InferenceSession;
  readonly #histograms = new Map<string, ValueHistogram>();

  private constructor(model: string, session: InferenceSession) {
    this.#model = model;
    this.#session = session;
  }

  static async open(model: Uint8Array, range: PixelRange): Promise<MeasuredNetwork> {
    const settings = sessionSettings(navigator.hardwareConcurrency);
    const graph = measurableTextNetwork(model, range);
    return new MeasuredNetwork(hashOf(model), await InferenceSession.create(graph, settings));
  }

  async look({ pixels, width, height }: PixelImage): Promise<void> {
    const outputs = await this.#session.run({
      pixels: new Tensor("uint8", pixels, [1, height, width, 3]),
    });
    for (const [name, { data }] of Object.entries(outputs)) {
      const histogram = this.#histograms.get(name) ?? new ValueHistogram();
      histogram.add(data as Float32Array);
      this.#histograms.set(name, histogram);
    }
  }

  async finish(): Promise<Calibration> {
    await this.#session.release();
    const ranges = [...this.#histograms].map(([name, histogram]) => {
      const { lowest, highest } = holdingRange(histogram.bins(), HELD_SHARE);
      return [name, [lowest, highest]] satisfies [string, [number, number]];
    });
    return { model: this.#model, images: this.images, ranges: Object.fromEntries(ranges) };
  }
}

async function toDetectorInput(
  image: PixelImage,
  finding: TextReaderOptions["finding"],
): Promise<PixelImage> {
  const shrunk = await shrinkImage(image, finding);
  const size = inputSizeFor(shrunk);
  const pixels = new Uint8Array(size.width * size.height * 3);
  padImage(shrunk, pixels, size.width);
  return { pixels, ...size };
}

function toRecognizerInput({ pixels, width: columns }: LineStrip): PixelImage {
  const width = Math.ceil(columns / COLUMN_STEP) * COLUMN_STEP;
  const padded = new Uint8Array(width * STRIP_HEIGHT * 3).fill(PADDING);
  for (let row = 0; row < STRIP_HEIGHT; row++) {
    padded.set(pixels.subarray(row * columns * 3, (row + 1) * columns * 3), row * width * 3);
  }
  return { pixels: padded, width, height: STRIP_HEIGHT };
}
