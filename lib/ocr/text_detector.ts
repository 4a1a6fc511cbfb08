import type { PixelImage } from "../image/pixel_image.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import { findBoxes } from "./find_boxes.ts";
import { type FitOptions, inputSizeFor, padImage, shrinkImage } from "./fit_image.ts";
import { type Quadrilateral, rectangleCorners } from "./geometry.ts";
import type { PixelRange } from "./graphs/feed_pixels.ts";
import { prepareTextDetector, type TensorRanges } from "./graphs/text_graphs.ts";

/** Where a line of text is. */
export interface FoundLine {
  /** Corners in pixels of the image; a rectangle that may be turned. */
  polygon: Quadrilateral;
  /** How sure it is that this is text, between 0 and 1. */
  score: number;
}

/** How images are shown to a detection network. */
export interface FindingOptions extends PixelRange, FitOptions {}

/** Options for {@linkcode TextDetector}. */
export interface TextDetectorOptions extends FindingOptions {
  /** The model file's bytes. */
  model: Uint8Array;
  /** The ranges of values inside it, to compute with 8-bit integers; with floats without them. */
  ranges?: TensorRanges | undefined;
  /** Threads that one inference runs on. */
  threads: number;
}

/** Finds lines of text in images with a PP-OCR detection network. */
export class TextDetector {
  readonly #session: InferenceSession;
  readonly #fit: FitOptions;
  #input = new Tensor("uint8", new Uint8Array(0), [1, 0, 0, 3]);
  #output = new Tensor("float32", new Float32Array(0), [1, 1, 0, 0]);

  private constructor(session: InferenceSession, fit: FitOptions) {
    this.#session = session;
    this.#fit = fit;
  }

  /**
   * Loads the model.
   *
   * @throws {TypeError} If it is not text detector.
   * @throws {RangeError} If a range is missing
   */
  static async create(
    { model, ranges, threads, mean, deviation, ...fit }: TextDetectorOptions,
  ): Promise<TextDetector> {
    const graph = prepareTextDetector(model, { mean, deviation }, ranges);
    const session = await InferenceSession.create(graph, sessionSettings(threads));
    return new TextDetector(session, fit);
  }

  /** Finds the lines of text in an image, in no particular order. */
  async find(image: PixelImage): Promise<FoundLine[]> {
    const shrunk = await shrinkImage(image, this.#fit);
    const { width, height } = shrunk;
    const input = inputSizeFor(shrunk);
    this.#resize(input.width, input.height);
    padImage(shrunk, this.#input.data as Uint8Array, input.width);
    const [outputName = ""] = this.#session.outputNames;
    await this.#session.run({ pixels: this.#input }, { [outputName]: this.#output });
    const values = this.#output.data as Float32Array;
    const boxes = findBoxes({ values, width, height, stride: input.width });
    return boxes.map(({ rectangle, score }) => ({
      polygon: rectangleCorners(rectangle).map(([x, y]) => [
        x * image.width / width,
        y * image.height / height,
      ]) as Quadrilateral,
      score,
    }));
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  /** Images of one size share their memory. */
  #resize(width: number, height: number): void {
    const [, currentHeight, currentWidth] = this.#input.dims;
    if (currentWidth === width && currentHeight === height) return;
    const size = width * height;
    this.#input = new Tensor("uint8", new Uint8Array(size * 3), [1, height, width, 3]);
    this.#output = new Tensor("float32", new Float32Array(size), [1, 1, height, width]);
  }
}
