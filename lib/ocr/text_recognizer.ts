import type { PixelImage } from "../image/pixel_image.ts";
import type { Reading } from "./decode_ctc.ts";
import { type Quadrilateral, turnCorners } from "./geometry.ts";
import { cutStrip } from "./line_strip.ts";
import { readingDirections } from "./reading_directions.ts";
import { NOTHING, StripReader, type StripReaderOptions } from "./strip_reader.ts";

/** What a line says, and which way it runs. */
export interface LineReading extends Reading {
  /** Quarter turns, clockwise, from the corners of the line's box to those of its text. */
  quarters: number;
}

/** A line of text that was read. */
export interface TextLine extends LineReading {
  /** Corners in pixels of the image, clockwise from the top left of the text. */
  polygon: Quadrilateral;
}

/** A line between being found and being read. */
interface PendingLine {
  /** Of its box, from the top left. */
  corners: Quadrilateral;
  /** In which its text may run, in quarter turns. */
  directions: number[];
  /** The surest reading so far. */
  best: TextLine;
}

/**
 * A reading that is less sure than this is tried in another direction.
 *
 * Of 336 lines in rendered images, 10 are read less surely upright, and one is read more surely upside down; all
 * are read more surely upright than upside down. PP-OCR's direction classifier takes
 * one upside-down line in ten for upright, and one upright line in ten for upside down.
 */
const RIGHT_WAY_UP = 0.9;

/** How lines are shown to a recognition network. */
export interface ReadingOptions {
  /** What it is shown around the box of a line, on each side, as a share of the box's shorter side. */
  margin: number;
  /** How much wider than in the image a line is first shown; the time that it takes grows with that. */
  stretch: number;
  /** A reading that is less sure than this is tried again, on a wider crop. */
  sure: number;
  /**
   * How much wider than in the image the line is then.
   *
   * The network tells no more characters apart than there are time steps, so letters of narrow fonts get lost;
   * most of what it is not sure of is of that kind.
   */
  wider: number;
}

/** Options for {@linkcode TextRecognizer}. */
export interface TextRecognizerOptions extends StripReaderOptions {
  /** How lines are shown to the network. */
  reading: ReadingOptions;
}

/** Reads lines of text with a PP-OCR recognition network. */
export class TextRecognizer {
  readonly #reader: StripReader;
  readonly #options: ReadingOptions;

  private constructor(reader: StripReader, options: ReadingOptions) {
    this.#reader = reader;
    this.#options = options;
  }

  /**
   * Loads the model.
   *
   * @throws {TypeError} If it is not text recognizer, or its characters are not known.
   * @throws {RangeError} If a range is missing
   */
  static async create({ reading, ...options }: TextRecognizerOptions): Promise<TextRecognizer> {
    return new TextRecognizer(await StripReader.create(options), reading);
  }

  /**
   * Reads lines of text.
   *
   * @param polygons Corners of each line, in pixels of the image.
   * @param others Readings of other lines in the image, which tell how it is turned.
   * @returns Each line, in the order of `polygons`; its corners begin where its text does.
   */
  async read(
    image: PixelImage,
    polygons: readonly Quadrilateral[],
    others: readonly LineReading[] = [],
  ): Promise<TextLine[]> {
    const lines = polygons.map((polygon): PendingLine => ({
      corners: polygon,
      directions: readingDirections(polygon),
      best: { polygon, quarters: 0, ...NOTHING },
    }));
    await this.#tryDirections(image, lines);
    await this.#followOthers(image, lines, others);
    await this.#tryWider(image, lines);
    return lines.map(({ best }) => best);
  }

  /** Frees the model. */
  async release(): Promise<void> {
    await this.#reader.release();
  }

  /** Reads lines in the likeliest direction first, and in another one while none has given a text. */
  async #tryDirections(image: PixelImage, lines: readonly PendingLine[]): Promise<void> {
    for (let round = 0;; round++) {
      const unsure = lines.filter(({ directions, best }) =>
        directions.length > round && best.confidence < RIGHT_WAY_UP
      );
      if (unsure.length === 0) return;
      const turned = await this.#readTurned(image, unsure, ({ directions }) => directions[round]);
      unsure.forEach((line, index) => {
        const reading = turned[index];
        const isBetter = reading && reading.confidence > line.best.confidence;
        if (reading && (isBetter || round === 0)) line.best = reading;
      });
    }
  }

  /**
   * Reads lines the other way round where most of the sure text in the image runs so: some words and many numbers
   * can be read from both sides.
   */
  async #followOthers(
    image: PixelImage,
    lines: readonly PendingLine[],
    others: readonly LineReading[],
  ): Promise<void> {
    const lengths = [0, 0, 0, 0];
    for (const { text, confidence, quarters } of [...others, ...lines.map(({ best }) => best)]) {
      if (confidence >= RIGHT_WAY_UP) lengths[quarters] = (lengths[quarters] ?? 0) + text.length;
    }
    const opposed = lines.filter(({ best: { quarters, confidence } }) =>
      confidence >= RIGHT_WAY_UP &&
      (lengths[quarters] ?? 0) < (lengths[oppositeOf(quarters)] ?? 0)
    );
    const turned = await this.#readTurned(image, opposed, ({ best }) => oppositeOf(best.quarters));
    opposed.forEach((line, index) => {
      const reading = turned[index];
      if (reading && reading.confidence >= RIGHT_WAY_UP) line.best = reading;
    });
  }

  /** Reads lines in one direction each. */
  async #readTurned<Line extends PendingLine>(
    image: PixelImage,
    lines: readonly Line[],
    directionOf: (line: Line) => number | undefined,
    stretch = this.#options.stretch,
  ): Promise<TextLine[]> {
    const turned = lines.map((line) => {
      const quarters = directionOf(line) ?? 0;
      return { quarters, polygon: turnCorners(line.corners, quarters) };
    });
    const { margin } = this.#options;
    const strips = turned.map(({ polygon }) => cutStrip(image, polygon, margin, stretch));
    const readings = await this.#reader.read(strips);
    return turned.map((line, index) => ({ ...line, ...readings[index] ?? NOTHING }));
  }

  /**
   * Reads unsure lines again on wider crops.
   *
   * Where no direction has given a text, letters may have been too narrow to tell, so each is tried once more.
   */
  async #tryWider(image: PixelImage, lines: readonly PendingLine[]): Promise<void> {
    const { sure, wider } = this.#options;
    const unsure = lines.filter(({ best }) => best.text !== "" && best.confidence < sure);
    const tries = unsure.flatMap((line) =>
      (line.best.confidence < RIGHT_WAY_UP ? line.directions : [line.best.quarters])
        .map((quarters) => ({ ...line, line, quarters }))
    );
    const readings = await this.#readTurned(image, tries, ({ quarters }) => quarters, wider);
    tries.forEach(({ line }, index) => {
      const reading = readings[index];
      if (reading && reading.confidence > line.best.confidence) line.best = reading;
    });
  }
}

/** Text that is turned further by a half turn. */
function oppositeOf(quarters: number): number {
  return (quarters + 2) % 4;
}
