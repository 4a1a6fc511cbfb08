import {
  decodeLetterboxed,
  type DecodeOptions,
  decodePixels,
  readImageSize,
  releasePixels,
} from "./image_decoder.ts";
import type { Fit, Letterbox } from "./letterbox.ts";
import type { ImageInput, PixelImage } from "./pixel_image.ts";
import type { Size } from "./size.ts";

/** Options for {@linkcode FrameDecoder}. */
export interface FrameDecoderOptions extends DecodeOptions {
  /** Whether all pixels will be needed, so that nothing else is decoded before them. */
  needsPixels: boolean;
}

/** An image that is decoded when it is first needed, and only once, however many steps look at it. */
export class FrameDecoder {
  readonly #image: ImageInput;
  readonly #options: FrameDecoderOptions;
  #pixels: Promise<PixelImage> | undefined;
  /** The pixels, where they are not those of the image as given. */
  #decoded: PixelImage | undefined;
  #size: Size | undefined;
  #decodeMs = 0;

  /** Decodes nothing yet. */
  constructor(image: ImageInput, options: FrameDecoderOptions) {
    this.#image = image;
    this.#options = options;
  }

  /** Milliseconds that decoding has taken so far. */
  get decodeMs(): number {
    return this.#decodeMs;
  }

  /**
   * Size of the image.
   *
   * @throws As {@linkcode decodePixels} does
   */
  async size(): Promise<Size> {
    this.#size ??= await this.#measure(() => readImageSize(this.#image, this.#options));
    return this.#size;
  }

  /**
   * All pixels of the image.
   *
   * @throws As {@linkcode decodePixels} does
   */
  async pixels(): Promise<PixelImage> {
    this.#pixels ??= this.#measure(() => decodePixels(this.#image, this.#options));
    const pixels = await this.#pixels;
    if (pixels !== this.#image) this.#decoded = pixels;
    this.#size = { width: pixels.width, height: pixels.height };
    return pixels;
  }

  /**
   * Fits the image into a detector's input; see {@linkcode decodeLetterboxed}.
   *
   * @throws As {@linkcode decodeLetterboxed} does
   */
  async letterbox(input: Size, pixels: Uint8Array, fit: Fit = "letterbox"): Promise<Letterbox> {
    const source = this.#options.needsPixels ? await this.pixels() : this.#image;
    const letterbox = await this.#measure(() =>
      decodeLetterboxed(source, input, pixels, { ...this.#options, fit })
    );
    this.#size = letterbox.image;
    return letterbox;
  }

  /** Gives the memory of what it decoded back; what `pixels` gave must not be used afterwards. */
  [Symbol.dispose](): void {
    if (this.#decoded !== undefined) releasePixels(this.#decoded.pixels);
  }

  async #measure<T>(decode: () => Promise<T>): Promise<T> {
    const startedAt = performance.now();
    try {
      return await decode();
    } finally {
      this.#decodeMs += performance.now() - startedAt;
    }
  }
}
