import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import sharp from "sharp";
import { sessionSettings } from "../onnx/session_settings.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import { findBoxes } from "./find_boxes.ts";
import { type Quadrilateral, rectangleCorners } from "./geometry.ts";
import { type PixelRange, prepareTextDetector } from "./text_graphs.ts";

/** Where a line of text is. */
export interface FoundLine {
  /** Corners in pixels of the image; a rectangle that may be turned. */
  polygon: Quadrilateral;
  /** How sure it is that this is text, between 0 and 1. */
  score: number;
}

/** How images are shown to a detection network. */
export interface FindingOptions extends PixelRange {
  /** Longer side that an image may have for the network, in pixels; one that is long and low may have more. */
  maxSide: number;
  /** Share of its sides to which an image is made smaller, unless it is small already. */
  scale: number;
}

/** Options for {@linkcode TextDetector}. */
export interface TextDetectorOptions extends FindingOptions {
  /** The model file's bytes. */
  model: Uint8Array;
  /** Threads that one inference runs on. */
  threads: number;
}

/** The network halves its image five times. */
const SIZE_STEP = 32;

/** Longer side up to which an image is never made smaller, in pixels. */
const SMALL_SIDE = 400;

/** Height of an image of the largest size, as a share of its width; a lower one may be wider. */
const LEAST_HEIGHT = 9 / 16;

/** Finds lines of text in images with a PP-OCR detection network. */
export class TextDetector {
  readonly #session: InferenceSession;
  readonly #maxSide: number;
  readonly #scale: number;
  #input = new Tensor("uint8", new Uint8Array(0), [1, 0, 0, 3]);
  #output = new Tensor("float32", new Float32Array(0), [1, 1, 0, 0]);

  private constructor(session: InferenceSession, maxSide: number, scale: number) {
    this.#session = session;
    this.#maxSide = maxSide;
    this.#scale = scale;
  }

  /**
   * Loads the model.
   *
   * @throws {TypeError} If it is not text detector.
   */
  static async create(
    { model, threads, maxSide, scale, ...range }: TextDetectorOptions,
  ): Promise<TextDetector> {
    const graph = prepareTextDetector(model, range);
    const session = await InferenceSession.create(graph, sessionSettings(threads));
    return new TextDetector(session, maxSide, scale);
  }

  /** Finds the lines of text in an image, in no particular order. */
  async find(image: PixelImage): Promise<FoundLine[]> {
    const scale = this.#scaleFor(image);
    const scaled = scale < 1 ? await shrink(image, scale) : image;
    const { width, height } = scaled;
    const stride = Math.ceil(width / SIZE_STEP) * SIZE_STEP;
    this.#resize(stride, Math.ceil(height / SIZE_STEP) * SIZE_STEP);
    pad(scaled, this.#input.data as Uint8Array, stride);
    const [outputName = ""] = this.#session.outputNames;
    await this.#session.run({ pixels: this.#input }, { [outputName]: this.#output });
    const values = this.#output.data as Float32Array;
    return findBoxes({ values, width, height, stride }).map(({ rectangle, score }) => ({
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

  /** What an image's sides are multiplied by for the network. */
  #scaleFor({ width, height }: PixelImage): number {
    const side = Math.max(width, height);
    const largest = Math.max(
      this.#maxSide / side,
      this.#maxSide * Math.sqrt(LEAST_HEIGHT / (width * height)),
    );
    return Math.min(1, largest, Math.max(this.#scale, SMALL_SIDE / side));
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

async function shrink(image: PixelImage, scale: number): Promise<PixelImage> {
  const { width, height } = image;
  const target = {
    width: Math.max(1, Math.round(width * scale)),
    height: Math.max(1, Math.round(height * scale)),
  };
  const pixels = await sharp(image.pixels, { raw: { width, height, channels: 3 } })
    .resize({ ...target, fit: "fill", kernel: "linear" })
    .raw()
    .toBuffer();
  return { pixels, ...target };
}

/** Copies an image, and goes on with its last column and row, since a sharp edge could look like a stroke. */
function pad({ pixels, width, height }: PixelImage, target: Uint8Array, stride: number): void {
  for (let row = 0; row < height; row++) {
    const from = row * width * 3;
    const to = row * stride * 3;
    target.set(pixels.subarray(from, from + width * 3), to);
    const end = to + stride * 3;
    for (let i = to + width * 3; i < end; i++) target[i] = target[i - 3] ?? 0;
  }
  const last = (height - 1) * stride * 3;
  for (let to = last + stride * 3; to < target.length; to += stride * 3) {
    target.copyWithin(to, last, last + stride * 3);
  }
}
