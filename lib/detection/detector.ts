import type { Device } from "../config.ts";
import type { Size } from "../image/size.ts";
import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import type { Detection } from "../protocol/detection.ts";
import { decodeYolo } from "./decode_yolo.ts";
import {
  type Fit,
  fitLetterbox,
  type Letterbox,
  LETTERBOX_GREY,
  toImageBox,
} from "../image/letterbox.ts";
import { decodeShape } from "./decode_shape.ts";
import {
  suppressNonMaxima,
  suppressTurned,
  weakenAcrossClasses,
} from "./non_maximum_suppression.ts";
import { roundShare } from "../image/round_share.ts";
import type { DetectorLayout } from "../onnx/detector_layout.ts";

/** Options for {@linkcode Detector}. */
export interface DetectorOptions {
  /** A specialized model's file. */
  model: Uint8Array;
  /** Size of the model's input, and how its outputs are to be read. */
  layout: DetectorLayout;
  /** Threads that one inference runs on. */
  threads: number;
  /**
   * What runs the network.
   *
   * @default {"cpu"}
   */
  device?: Device;
  /** Confidence that a detection has to exceed, between 0 and 1. */
  confidence: number;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1. */
  iou: number;
}

/** What is looked for, and what is kept. */
export interface DetectOptions {
  /**
   * Whether an object that looks like two classes counts as the likelier one, and as the other only by what that leaves; above a
   * confidence of 0.25 it gives one box.
   *
   * @default {true}
   */
  agnostic?: boolean;
  /** Names of the classes to keep; all by default. */
  classes?: readonly string[];
  /** Confidence that a detection has to exceed, where it is above that of the detector, between 0 and 1. */
  confidence?: number;
  /** Overlap above which the weaker of two boxes of one class is dropped, between 0 and 1; by default the detector's. */
  iou?: number;
}

/** Most detections reported for one image, as in Ultralytics' own tools. */
export const MAX_DETECTIONS = 300;

/** Finds objects in images with a YOLO network. */
export class Detector {
  /** The image to look at: HWC uint8 RGB of the layout's input size. */
  readonly pixels: Uint8Array;
  /** Size of `pixels`. */
  readonly input: Size;
  readonly #options: DetectorOptions;
  readonly #session: InferenceSession;
  readonly #feeds: Record<string, Tensor>;
  readonly #fetches: Record<string, Tensor> = {};

  private constructor(session: InferenceSession, options: DetectorOptions) {
    const { input } = options.layout;
    const { width, height } = input;
    this.input = input;
    this.#session = session;
    this.#options = options;
    this.pixels = new Uint8Array(width * height * 3);
    this.#feeds = {
      [session.inputNames[0] ?? ""]: new Tensor("uint8", this.pixels, [1, height, width, 3]),
    };
    for (const output of session.outputMetadata) {
      if (!output.isTensor || output.shape.some((size) => typeof size !== "number")) continue;
      const shape = output.shape as number[];
      const length = shape.reduce((product, size) => product * size, 1);
      // Outputs of a known shape are written to the same memory each time.
      this.#fetches[output.name] = new Tensor("float32", new Float32Array(length), shape);
    }
  }

  /** Names of the classes that it can find, by their index. */
  get labels(): readonly string[] {
    return this.#options.layout.labels;
  }

  /** Confidence that a detection has to exceed, between 0 and 1. */
  get confidence(): number {
    return this.#options.confidence;
  }

  /** How images are to be brought to the size of the input. */
  get fit(): Fit {
    return this.#options.layout.preprocessing?.fit ?? "letterbox";
  }

  /** Loads the model. */
  static async create(options: DetectorOptions): Promise<Detector> {
    const settings = sessionSettings(options.threads, options.device);
    const session = await InferenceSession.create(options.model, settings);
    return new Detector(session, options);
  }

  /**
   * Looks at `pixels`.
   *
   * @param letterbox Where the image lies within `pixels`.
   * @returns What was found, in pixels of the image, highest confidence first; where the model gives masks, without what has an empty
   * one, as in Ultralytics' own tools.
   */
  async detect(letterbox: Letterbox, options: DetectOptions = {}): Promise<Detection[]> {
    const { layout, ...defaults } = this.#options;
    const { agnostic = true, classes, confidence = 0, iou = defaults.iou } = options;
    const fetched = await this.#run();
    const outputs = layout.outputs.map((name) => {
      const { data, dims } = fetched[name] as Tensor;
      return { data: data as Float32Array, dims };
    });
    const threshold = Math.max(confidence, defaults.confidence);
    const all = decodeYolo(outputs, layout, threshold);
    const candidates = classes === undefined
      ? all
      : all.filter(({ classId }) => classes.includes(labelOf(layout, classId)));
    const suppress = layout.extras?.kind === "angle" ? suppressTurned : suppressNonMaxima;
    const ofClasses = layout.suppressed
      ? candidates.toSorted((a, b) => b.score - a.score)
      : suppress(candidates, iou);
    const kept = agnostic
      ? weakenAcrossClasses(ofClasses).filter(({ score }) => score > threshold)
      : ofClasses;
    return kept.slice(0, MAX_DETECTIONS).flatMap((candidate) => {
      const shape = decodeShape(candidate, { layout, letterbox, prototypes: outputs.at(-1) });
      if (shape === undefined) return [];
      return {
        label: labelOf(layout, candidate.classId),
        class_id: candidate.classId,
        confidence: roundShare(candidate.score),
        bbox: toImageBox(candidate, letterbox),
        ...shape,
      };
    });
  }

  /** Looks at nothing but grey: the first inference allocates, and takes several times as long as the next. */
  async warmUp(): Promise<void> {
    this.pixels.fill(LETTERBOX_GREY);
    await this.detect(fitLetterbox(this.input, this.input));
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  #run() {
    const complete = this.#options.layout.outputs.every((name) => name in this.#fetches);
    return complete
      ? this.#session.run(this.#feeds, this.#fetches)
      : this.#session.run(this.#feeds);
  }
}

function labelOf({ labels }: DetectorLayout, classId: number): string {
  return labels[classId] ?? `class_${classId}`;
}
