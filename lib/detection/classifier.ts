import type { Device } from "../config.ts";
import { cropBox } from "../image/crop_box.ts";
import { decodeLetterboxed } from "../image/image_decoder.ts";
import { type Fit, LETTERBOX_GREY } from "../image/letterbox.ts";
import type { PixelImage } from "../image/pixel_image.ts";
import type { Size } from "../image/size.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import type { Classification } from "../protocol/classification.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import type { ClassifierLayout } from "./classifier_graph.ts";
import { roundShare } from "../image/round_share.ts";

/** Options for {@linkcode Classifier}. */
export interface ClassifierOptions {
  /** A specialized model's file. */
  model: Uint8Array;
  /** Size of the model's input, and how its output is to be read. */
  layout: ClassifierLayout;
  /** Threads that one inference runs on. */
  threads: number;
  /**
   * What runs the network.
   *
   * @default {"cpu"}
   */
  device?: Device;
}

/** Most classes that are told of one image, as in Ultralytics' own tools. */
const MOST_CLASSES = 5;

/** Tells what images show as a whole. */
export class Classifier {
  /** The image to look at: HWC uint8 RGB of the layout's input size. */
  readonly pixels: Uint8Array;
  readonly #layout: ClassifierLayout;
  readonly #session: InferenceSession;

  private constructor(session: InferenceSession, layout: ClassifierLayout) {
    this.#session = session;
    this.#layout = layout;
    this.pixels = new Uint8Array(layout.input.width * layout.input.height * 3);
  }

  /** Loads the model. */
  static async create({ model, layout, threads, device }: ClassifierOptions): Promise<Classifier> {
    const session = await InferenceSession.create(model, sessionSettings(threads, device));
    return new Classifier(session, layout);
  }

  /** Size of `pixels`. */
  get input(): Size {
    return this.#layout.input;
  }

  /** How images are to be brought to the size of the input. */
  get fit(): Fit {
    return this.#layout.preprocessing.fit;
  }

  /** Names of the classes that it knows, by their index. */
  get labels(): readonly string[] {
    return this.#layout.labels;
  }

  /**
   * Looks at `pixels`.
   *
   * @returns The likeliest classes, at most five, best first
   */
  async classify(): Promise<Classification[]> {
    const { input: { width, height }, outputs: [output], hasLogits, labels } = this.#layout;
    const feed = new Tensor("uint8", this.pixels, [1, height, width, 3]);
    const fetched = await this.#session.run({ [this.#session.inputNames[0] ?? ""]: feed });
    const values = Array.from((fetched[output] as Tensor).data as Float32Array);
    const scores = hasLogits ? softmax(values) : values;
    return scores.map((score, class_id) => ({ score, class_id }))
      .sort((a, b) => b.score - a.score).slice(0, MOST_CLASSES)
      .map(({ score, class_id }) => ({
        label: labels[class_id] ?? `class_${class_id}`,
        class_id,
        confidence: roundShare(score),
      }));
  }

  /**
   * Looks at a region of an image.
   *
   * @param region In pixels of the image
   * @returns As `classify` does; nothing for a region that lies outside of the image, or is empty
   */
  async classifyRegion(image: PixelImage, region: BoundingBox): Promise<Classification[]> {
    const crop = cropBox(image, region);
    if (crop === undefined) return [];
    const options = { maxPixels: Infinity, fit: this.fit };
    await decodeLetterboxed(crop.image, this.input, this.pixels, options);
    return await this.classify();
  }

  /** Looks at nothing but grey: the first inference allocates, and takes several times as long as the next. */
  async warmUp(): Promise<void> {
    this.pixels.fill(LETTERBOX_GREY);
    await this.classify();
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#session.release();
  }
}

function softmax(logits: readonly number[]): number[] {
  const highest = Math.max(...logits);
  const shares = logits.map((logit) => Math.exp(logit - highest));
  const sum = shares.reduce((total, share) => total + share, 0);
  return shares.map((share) => share / sum);
}
