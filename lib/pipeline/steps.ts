/**
 * The steps that pipelines are made of: what each takes, gives and does.
 *
 * A new step is a new entry of {@linkcode STEPS}, and, if it gives something new, of {@linkcode Values}.
 *
 * @module
 */

import type { Detection, StageTimings, TextBlock } from "../protocol/stream_messages.ts";
import type { Detector } from "../detection/detector.ts";
import type { decodeLetterboxed } from "../image/image_decoder.ts";
import type { Letterbox } from "../image/letterbox.ts";
import type { Size } from "../image/size.ts";
import type { ImageInput } from "../image/pixel_image.ts";

/** What a pipeline finds in one frame. */
export interface Findings {
  /** Size of the picture, in pixels. */
  image: Size;
  /** Highest confidence first; empty where the pipeline does not look for objects. */
  detections: Detection[];
}

/** The values that edges carry, by type. */
export interface Values {
  /** The picture lies in the detector's pixels; this is where. */
  picture: Letterbox;
  /** Highest confidence first, in pixels of the picture. */
  detections: Detection[];
  /** Always empty, since text is read in a worker of its own. */
  lines: TextBlock[];
  /** What the pipeline gives in the end. */
  findings: Findings;
}

/** The type of a value that an edge carries. */
export type ValueType = keyof Values;

/** A part of a frame's time that is reported on its own. */
export type Stage = Exclude<keyof StageTimings, "wait" | "total">;

/** What steps work with, beyond their inputs. */
export interface StepContext {
  /** The frame, encoded or as pixels. */
  picture: ImageInput;
  /** Most pixels that the picture may have. */
  maxPixels: number;
  /** Finds objects in its own `pixels`, which the picture is decoded into. */
  detector: Detector;
  /** Decodes the picture into the detector's `pixels`. */
  decode: typeof decodeLetterboxed;
}

/** What a node sets for its step, by name; what is not set has the step's default. */
export type StepParams = Readonly<Record<string, unknown>>;

/** What a parameter of a step may be. */
export interface StepParam {
  /** For messages: `true or false`. */
  expected: string;
  /** Whether a value is one of those. */
  accepts(value: unknown): boolean;
}

/** One kind of node of a pipeline. */
export interface Step {
  /** The values that it takes; none for a step that starts from the frame. */
  accepts: Readonly<Partial<Record<ValueType, "required" | "optional">>>;
  /** Type of the value that it gives. */
  produces: ValueType;
  /** The stage that its time counts towards. */
  stage?: Stage;
  /** The parameters that it has, by name; none by default. */
  params?: Readonly<Record<string, StepParam>>;
  /** `values` holds what it accepts, where an edge brings it; `params` only what it has, of the right type. */
  run(
    values: Values,
    context: StepContext,
    params: StepParams,
  ): Promise<Values[ValueType]> | Values[ValueType];
}

/** The step that finds objects. */
export const DETECT_STEP = "detect";

/** The step that reads text. */
export const READ_STEP = "read";

const FLAG: StepParam = {
  expected: "true or false",
  accepts: (value) => typeof value === "boolean",
};

const ALL_STEPS: Record<string, Step> = {
  decode: {
    accepts: {},
    produces: "picture",
    stage: "decode",
    run: (_, { decode, picture, detector, maxPixels }) =>
      decode(picture, detector.input, detector.pixels, { maxPixels }),
  },
  [DETECT_STEP]: {
    accepts: { picture: "required" },
    produces: "detections",
    stage: "detect",
    params: { agnostic: FLAG },
    run: ({ picture }, { detector }, { agnostic }) =>
      detector.detect(picture, { agnostic: agnostic !== false }),
  },
  [READ_STEP]: {
    accepts: { picture: "required" },
    produces: "lines",
    // Reading takes several times as long as detecting, so it goes on in a worker of its own: a pipeline with this step
    // has its pictures read there, and what has been read is put into the result.
    run: () => [],
  },
  result: {
    accepts: { picture: "required", detections: "optional", lines: "optional" },
    produces: "findings",
    run: ({ picture, detections = [] }) => ({ image: picture.image, detections }),
  },
};

/** Every step by its name. */
export const STEPS: ReadonlyMap<string, Step> = new Map(Object.entries(ALL_STEPS));
