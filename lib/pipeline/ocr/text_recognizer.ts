import { InferenceSession, Tensor } from "../onnxruntime.ts";
import { sessionSettings } from "../detector.ts";
import { type PixelImage, readingDirections } from "./crop_line.ts";
import { decodeCtc, type DecodedText, parseDictionary, type Reading } from "./decode_ctc.ts";
import type { Quadrilateral } from "./geometry.ts";
import { joinReadings } from "./join_readings.ts";
import {
  columnContrasts,
  cutStrip,
  inkHeight,
  type LineStrip,
  splitStrip,
  STRIP_HEIGHT,
  type StripPart,
} from "./line_strip.ts";
import { restoreSpaces } from "./restore_spaces.ts";
import { prepareTextRecognizer } from "./text_graphs.ts";

/** A line of text that was read. */
export interface TextLine extends Reading {
  /** Corners in pixels of the picture, clockwise from the top left of the text. */
  polygon: Quadrilateral;
}

/** Options for {@linkcode TextRecognizer}. */
export interface TextRecognizerOptions {
  /** The model file's bytes. */
  model: Uint8Array;
  /** The characters that the model knows, one a line. */
  dictionary: string;
  /** Threads that one inference runs on. */
  threads: number;
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

/** A reading that is less sure than this is tried again, on a wider crop. */
const SURE = 0.97;

/**
 * How much wider the second crop is.
 *
 * The network tells no more characters apart than there are time steps, so letters of narrow fonts get lost;
 * most of what it is not sure of is of that kind.
 */
const WIDER = 1.2;

/** Reads lines of text with a PP-OCR recognition network. */
export class TextRecognizer {
  readonly #session: InferenceSession;
  readonly #dictionary: readonly string[];
  #pixels = new Uint8Array(0);

  private constructor(session: InferenceSession, dictionary: readonly string[]) {
    this.#session = session;
    this.#dictionary = dictionary;
  }

  /**
   * Loads the model.
   *
   * @throws {TypeError} If it is no text recognizer.
   */
  static async create(options: TextRecognizerOptions): Promise<TextRecognizer> {
    const graph = prepareTextRecognizer(options.model);
    const session = await InferenceSession.create(graph, sessionSettings(options.threads));
    return new TextRecognizer(session, parseDictionary(options.dictionary));
  }

  /**
   * Reads lines of text.
   *
   * @param polygons Corners of each line, in pixels of the picture.
   * @returns Each line, in the order of `polygons`; its corners begin where its text does.
   */
  async read(image: PixelImage, polygons: readonly Quadrilateral[]): Promise<TextLine[]> {
    const directions = polygons.map(readingDirections);
    const readings = (await this.#readSurely(image, directions.flat()))[Symbol.iterator]();
    return directions.map((candidates) => {
      const lines = candidates.map((polygon) => ({ polygon, ...readings.next().value ?? NOTHING }));
      return lines.reduce((best, line) => line.confidence > best.confidence ? line : best);
    });
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#session.release();
  }

  async #readSurely(
    image: PixelImage,
    polygons: readonly Quadrilateral[],
  ): Promise<Reading[]> {
    const readings = await this.#readStrips(polygons.map((polygon) => cutStrip(image, polygon)));
    const unsure = polygons.flatMap((polygon, index) => {
      const { text, confidence } = readings[index] ?? NOTHING;
      return text !== "" && confidence < SURE
        ? [{ index, strip: cutStrip(image, polygon, WIDER) }]
        : [];
    });
    const second = await this.#readStrips(unsure.map(({ strip }) => strip));
    second.forEach((reading, i) => {
      const index = unsure[i]?.index ?? 0;
      if (reading.confidence > (readings[index] ?? NOTHING).confidence) readings[index] = reading;
    });
    return readings;
  }

  async #readStrips(strips: readonly LineStrip[]): Promise<Reading[]> {
    const crops = strips.flatMap((strip) =>
      splitStrip(strip, MAXIMUM_WIDTH).map((part): Crop => ({ strip, part }))
    );
    const readings = new Map<StripPart, Reading>();
    for (const batch of planBatches(crops)) {
      const texts = await this.#readBatch(batch);
      batch.forEach(({ part }, index) => readings.set(part, texts[index] ?? NOTHING));
    }
    const ofStrip = Map.groupBy(crops, ({ strip }) => strip);
    return strips.map((strip) =>
      joinReadings(
        (ofStrip.get(strip) ?? []).map(({ part }) => ({
          ...readings.get(part) ?? NOTHING,
          gap: part.gap,
        })),
      )
    );
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
      const decoded = decodeCtc({
        classes: classes.subarray(from, to),
        probabilities: probabilities.subarray(from, to),
        spaces: spaces.subarray(from, to),
      }, this.#dictionary);
      return toReading(decoded, crop);
    });
  }
}

const NOTHING: Reading = { text: "", confidence: 0 };

function toReading({ characters, steps, confidence }: DecodedText, { strip, part }: Crop): Reading {
  const columns = steps.map((step) => part.start + (step + 0.5) * COLUMNS_PER_STEP);
  return {
    text: restoreSpaces(characters, columns, () => ({
      contrasts: columnContrasts(strip),
      height: inkHeight(strip),
    })),
    confidence,
  };
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
