/**
 * Reads strips with a PP-OCR recognition network: several at a time, and long ones in parts.
 *
 * @module
 */

import { InferenceSession, Tensor } from "../onnx/onnxruntime.ts";
import { sessionSettings } from "../onnx/session_settings.ts";
import { decodeCtc, type DecodedText, parseDictionary, type Reading } from "./decode_ctc.ts";
import { joinReadings } from "./join_readings.ts";
import {
  columnContrasts,
  inkHeight,
  type LineStrip,
  splitStrip,
  STRIP_HEIGHT,
  type StripPart,
} from "./line_strip.ts";
import { normalizeText } from "./normalize_text.ts";
import { restoreSpaces } from "./restore_spaces.ts";
import { prepareTextRecognizer, readCharacters, type TensorRanges } from "./graphs/text_graphs.ts";

/** Options for {@linkcode StripReader}. */
export interface StripReaderOptions {
  /** The model file's bytes. */
  model: Uint8Array;
  /** The characters that the model knows, one a line; not needed where the model itself tells them. */
  dictionary?: string | undefined;
  /** The ranges of values inside it, to compute with 8-bit integers; with floats without them. */
  ranges?: TensorRanges | undefined;
  /** Threads that one inference runs on. */
  threads: number;
  /**
   * Probability of a space between two characters that makes one.
   *
   * @default {0.05}
   */
  spaceThreshold?: number | undefined;
}

/** A part of a strip, to be read in one go. */
interface Crop {
  strip: LineStrip;
  part: StripPart;
}

/** Most columns that are read in one go; longer lines are split. */
const MAXIMUM_WIDTH = 1280;

/** Columns that the network sees at least; shorter crops are filled up. */
const MINIMUM_WIDTH = 64;

/** The network gives one time step for as many columns. */
const COLUMNS_PER_STEP = 8;

/** Narrowest crop of a batch, as a share of the widest: what is filled up is computed for nothing. */
const SIMILAR_WIDTH = 0.85;

/** Most columns of a batch, all crops together: larger ones leave the processor's caches. */
const BATCH_COLUMNS = 1920;

/** What the network was trained to see beside a short line: the value that becomes 0 in it. */
const PADDING = 127;

/** A space that parts letters of vertical writing. */
const SPACE_IN_COLUMN =
  /(?<=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]) (?=[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}])/gu;

/** The reading of what cannot be read. */
export const NOTHING: Reading = { text: "", confidence: 0 };

/** Reads strips, each of which holds one line of text. */
export class StripReader {
  readonly #session: InferenceSession;
  readonly #dictionary: readonly string[];
  readonly #spaceThreshold: number;
  #pixels = new Uint8Array(0);

  private constructor(
    session: InferenceSession,
    dictionary: readonly string[],
    spaceThreshold: number,
  ) {
    this.#session = session;
    this.#dictionary = dictionary;
    this.#spaceThreshold = spaceThreshold;
  }

  /**
   * Loads the model.
   *
   * @throws {TypeError} If it is not text recognizer, or its characters are not known.
   * @throws {RangeError} If a range is missing
   */
  static async create(
    { model, dictionary, ranges, threads, spaceThreshold = 0.05 }: StripReaderOptions,
  ): Promise<StripReader> {
    const characters = readCharacters(model) ?? dictionary;
    if (characters === undefined) {
      throw new TypeError("Cannot read text: the model does not tell its characters");
    }
    const graph = prepareTextRecognizer(model, ranges);
    const session = await InferenceSession.create(graph, sessionSettings(threads));
    return new StripReader(session, parseDictionary(characters), spaceThreshold);
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  /** Reads strips, each as it lies. */
  async read(strips: readonly LineStrip[]): Promise<Reading[]> {
    const crops = strips.flatMap((strip) =>
      splitStrip(strip, MAXIMUM_WIDTH).map((part): Crop => ({ strip, part }))
    );
    const readings = new Map<StripPart, Reading>();
    for (const batch of planBatches(crops)) {
      const texts = await this.#readBatch(batch);
      batch.forEach(({ part }, index) => readings.set(part, texts[index] ?? NOTHING));
    }
    const ofStrip = Map.groupBy(crops, ({ strip }) => strip);
    return strips.map((strip) => {
      const parts = ofStrip.get(strip) ?? [];
      const { text, confidence } = joinReadings(
        parts.map(({ part }) => ({
          ...readings.get(part) ?? NOTHING,
          gap: part.gap / strip.stretch,
        })),
      );
      return { text: normalizeText(text), confidence };
    });
  }

  async #readBatch(crops: readonly Crop[]): Promise<Reading[]> {
    const widest = Math.max(MINIMUM_WIDTH, ...crops.map(widthOf));
    const width = Math.ceil(widest / COLUMNS_PER_STEP) * COLUMNS_PER_STEP;
    const length = crops.length * STRIP_HEIGHT * width * 3;
    if (this.#pixels.length < length) this.#pixels = new Uint8Array(length);
    const pixels = this.#pixels.subarray(0, length).fill(PADDING);
    crops.forEach((crop, index) => copyCrop(crop, pixels, index * STRIP_HEIGHT, width));
    const input = new Tensor("uint8", pixels, [crops.length, STRIP_HEIGHT, width, 3]);
    const outputs = await this.#session.run({ pixels: input });
    const classes = outputs["classes"]?.data as BigInt64Array;
    const probabilities = outputs["probabilities"]?.data as Float32Array;
    const spaces = outputs["spaces"]?.data as Float32Array;
    const steps = classes.length / crops.length;
    return crops.map((crop, index) => {
      const [from, to] = [index * steps, (index + 1) * steps];
      const decoded = decodeCtc(
        {
          classes: classes.subarray(from, to),
          probabilities: probabilities.subarray(from, to),
          spaces: spaces.subarray(from, to),
        },
        this.#dictionary,
        this.#spaceThreshold,
      );
      return toReading(decoded, crop);
    });
  }
}

function toReading({ characters, steps, confidence }: DecodedText, { strip, part }: Crop): Reading {
  // Letters of vertical writing are as far apart as the writer liked.
  if (strip.isColumn) {
    return { text: characters.join("").replaceAll(SPACE_IN_COLUMN, ""), confidence };
  }
  const columns = steps.map((step) => part.start + (step + 0.5) * COLUMNS_PER_STEP);
  const measureInk = () => ({
    contrasts: columnContrasts(strip),
    // As wide as a letter of that height would be.
    height: inkHeight(strip) * strip.stretch,
  });
  return { text: restoreSpaces(characters, columns, measureInk), confidence };
}

function widthOf({ part }: Crop): number {
  return part.end - part.start;
}

function planBatches(crops: readonly Crop[]): Crop[][] {
  const batches: Crop[][] = [];
  let widest = 0;
  for (const crop of crops.toSorted((a, b) => widthOf(b) - widthOf(a))) {
    const batch = batches.at(-1);
    const similar = widthOf(crop) >= widest * SIMILAR_WIDTH;
    if (batch !== undefined && similar && widest * (batch.length + 1) <= BATCH_COLUMNS) {
      batch.push(crop);
    } else {
      batches.push([crop]);
      widest = Math.max(MINIMUM_WIDTH, widthOf(crop));
    }
  }
  return batches;
}

function copyCrop({ strip, part }: Crop, target: Uint8Array, top: number, width: number): void {
  for (let row = 0; row < STRIP_HEIGHT; row++) {
    const from = (row * strip.width + part.start) * 3;
    const to = (row * strip.width + part.end) * 3;
    target.set(strip.pixels.subarray(from, to), (top + row) * width * 3);
  }
}
