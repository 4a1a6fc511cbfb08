import { roundShare } from "../image/round_share.ts";
import { roundToTenths } from "../image/round_to_tenths.ts";
import type { Size } from "../image/size.ts";
import type { BoundingBox, Point } from "../protocol/geometry.ts";
import type { TextBlock } from "../protocol/text_block.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import { isReadable } from "./decode_ctc.ts";
import type { Quadrilateral } from "./geometry.ts";
import type { TensorRanges } from "./graphs/text_graphs.ts";
import { isLikelyLine, isLikelyText } from "./giant_lines.ts";
import { joinWords } from "./join_words.ts";
import { orderLines } from "./order_lines.ts";
import { type FindingOptions, type FoundLine, TextDetector } from "./text_detector.ts";
import {
  type LineReading,
  type ReadingOptions,
  type TextLine,
  TextRecognizer,
} from "./text_recognizer.ts";

/** The ranges of values inside the models that read text. */
export interface TextRanges {
  /** Of the detection model. */
  detector: TensorRanges;
  /** Of the recognition model. */
  recognizer: TensorRanges;
}

/** Options for {@linkcode TextReader}. */
export interface TextReaderOptions {
  /** Bytes of a PP-OCR detection model. */
  detectorModel: Uint8Array;
  /** Bytes of a PP-OCR recognition model. */
  recognizerModel: Uint8Array;
  /** The characters that the recognizer knows, one a line; not needed where its model tells them. */
  dictionary?: string | undefined;
  /** The ranges of values inside both models, to compute with 8-bit integers; with floats without them. */
  ranges?: TextRanges | undefined;
  /** Threads that one inference runs on. */
  threads: number;
  /** How the detection model is fed: text is looked for in a smaller copy of an image, and read in the image itself. */
  finding: FindingOptions;
  /** How the recognition model is fed. */
  reading: ReadingOptions;
  /**
   * Probability of a space between two characters that makes one.
   *
   * @default {0.05}
   */
  spaceThreshold?: number | undefined;
}

/** Time that each stage of the last reading took, in milliseconds. */
export interface ReadingTimings {
  /** Finding the lines. */
  find: number;
  /** Reading the lines that were found. */
  recognize: number;
}

/** An image's text. */
export interface TextPage {
  /** In reading order. */
  lines: TextLine[];
  /** How long finding and reading the lines took. */
  timings: ReadingTimings;
}

/**
 * Reads the text in images: finds lines, then reads each, with PP-OCR's two networks.
 *
 * Inference blocks the thread that it is called on.
 */
export class TextReader {
  readonly #detector: TextDetector;
  readonly #recognizer: TextRecognizer;

  private constructor(detector: TextDetector, recognizer: TextRecognizer) {
    this.#detector = detector;
    this.#recognizer = recognizer;
  }

  /**
   * Loads both models.
   *
   * @throws {TypeError} If one of them is of another kind.
   * @throws {RangeError} If a range is missing
   */
  static async create(
    { detectorModel, recognizerModel, finding, ranges, ...options }: TextReaderOptions,
  ): Promise<TextReader> {
    const { threads } = options;
    const detector = await TextDetector.create({
      ...finding,
      model: detectorModel,
      ranges: ranges?.detector,
      threads,
    });
    const recognizer = await TextRecognizer.create({
      ...options,
      model: recognizerModel,
      ranges: ranges?.recognizer,
    });
    return new TextReader(detector, recognizer);
  }

  /** Reads all the text in an image. */
  async read(image: PixelImage): Promise<TextPage> {
    const started = performance.now();
    const found = await this.findLines(image);
    const recognizing = performance.now();
    const read = await this.recognize(image, found.map(({ polygon }) => polygon));
    const lines = orderLines(read.filter((line) => isReadable(line) && isLikelyText(line, image)));
    const timings = {
      find: recognizing - started,
      recognize: performance.now() - recognizing,
    };
    return { lines, timings };
  }

  /**
   * Finds the lines of text in an image, without reading them, in the order in which they would be read if upright.
   *
   * @param whole Size of the image that `image` was cut out of
   */
  async findLines(image: PixelImage, whole: Size = image): Promise<FoundLine[]> {
    const lines = joinWords(await this.#detector.find(image));
    return orderLines(lines.filter((line) => isLikelyLine(line, whole)));
  }

  /**
   * Reads given lines of text.
   *
   * @param polygons Corners of each line, in pixels of the image, as {@linkcode findLines} gives them.
   * @param others Readings of other lines in the image, which tell how it is turned.
   * @returns Each line, however unsure; its corners begin where its text does.
   */
  recognize(
    image: PixelImage,
    polygons: readonly Quadrilateral[],
    others: readonly LineReading[] = [],
  ): Promise<TextLine[]> {
    return this.#recognizer.read(image, polygons, others);
  }

  /** Frees the models. */
  async release(): Promise<void> {
    await this.#detector.release();
    await this.#recognizer.release();
  }
}

/** Describes a line for a pipeline's result, clipped to an image of `width` by `height` pixels. */
export function toTextBlock(
  { text, confidence, polygon }: Omit<TextLine, "quarters">,
  { width, height }: { width: number; height: number },
): TextBlock {
  const corner = ([x, y]: Point): Point => [
    roundToTenths(Math.min(Math.max(x, 0), width)),
    roundToTenths(Math.min(Math.max(y, 0), height)),
  ];
  const [a, b, c, d] = polygon;
  const corners: Quadrilateral = [corner(a), corner(b), corner(c), corner(d)];
  return {
    text,
    confidence: roundShare(confidence),
    polygon: corners,
    bbox: boxAround(corners),
  };
}

function boxAround(corners: Quadrilateral): BoundingBox {
  const xs = corners.map(([x]) => x);
  const ys = corners.map(([, y]) => y);
  const [left, top] = [Math.min(...xs), Math.min(...ys)];
  return [left, top, roundToTenths(Math.max(...xs) - left), roundToTenths(Math.max(...ys) - top)];
}
