import type { PixelImage } from "../image/pixel_image.ts";
import { isReadable, type Reading } from "./decode_ctc.ts";
import {
  measureQuadrilateral,
  type Quadrilateral,
  quadrilateralOverlap,
  turnCorners,
} from "./geometry.ts";
import { hasChanged, type LineSignature, signLine } from "./line_signature.ts";
import { alongText } from "./reading_directions.ts";
import type { LineReading } from "./text_recognizer.ts";
import { settleText } from "./settle_text.ts";

/** A line of text as settled over several looks at it. */
export interface SettledLine extends Reading {
  /** Corners in pixels of the newest image, clockwise from the top left of the text. */
  polygon: Quadrilateral;
  /** Whether the last three readings agree. */
  stable: boolean;
}

/** A line that is known from earlier images. */
export interface KnownLine {
  /** Its corners in pixels, as it was found last. */
  polygon: Quadrilateral;
  /** The latest readings, newest last. */
  readings: LineReading[];
  /** Where it was when it was read last. */
  readAt: Quadrilateral;
  /** What it looked like then. */
  signature: LineSignature;
  /** Images in a row in which it was not found. */
  missed: number;
}

/** A line of the newest image, between being found and being read. */
interface PendingLine {
  polygon: Quadrilateral;
  known: KnownLine | undefined;
  /** Whether it looks as it did when it was read last. */
  unchanged: boolean;
}

/** Readings of a line that vote on its text. */
const VOTERS = 5;

/** Agreeing readings in a row that make a text stable. */
const STABLE_READINGS = 3;

/** Overlap of a line's polygons in two images, at least. */
const LEAST_OVERLAP = 0.3;

/** How far an end of a line that stays in its place may move, as a share of the line's height. */
const LARGEST_SHIFT = 0.15;

/** Images for which a line that was not found is still remembered, since detectors miss one at times. */
const REMEMBERED = 2;

/**
 * Remembers the lines of text in a stream, to read only those that changed, and to let readings vote.
 *
 * For each image that text is looked for in: {@linkcode LineTracker.look} with the lines that were found,
 * then {@linkcode LineTracker.settle} with the readings of the lines that it asked for.
 *
 * @example One pass
 * ```ts
 * const found = (await reader.findLines(image)).map(({ polygon }) => polygon);
 * const unread = tracker.look(image, found);
 * const lines = tracker.settle(image, await reader.recognize(image, unread, tracker.readings));
 * ```
 */
export class LineTracker {
  #known: KnownLine[];
  #pending: PendingLine[] = [];

  /**
   * Goes on from what another tracker remembered.
   *
   * @param known Its `known`; changed by this one
   */
  constructor(known: readonly KnownLine[] = []) {
    this.#known = [...known];
  }

  /** The lines that are remembered: plain values, so that they can be sent elsewhere. */
  get known(): readonly KnownLine[] {
    return this.#known;
  }

  /** How many lines are remembered. */
  get size(): number {
    return this.#known.length;
  }

  /** The latest readings of the lines that are remembered. */
  get readings(): LineReading[] {
    return this.#known.flatMap(({ readings }) => readings.at(-1) ?? []);
  }

  /**
   * Compares the lines of a new image with those that are known.
   *
   * @param polygons Corners of the lines that were found in `image`.
   * @returns Those that need to be read: new ones, moved ones, and ones that look different.
   */
  look(image: PixelImage, polygons: readonly Quadrilateral[]): Quadrilateral[] {
    const matches = matchLines(polygons, this.#known);
    this.#pending = polygons.map((polygon, index) => {
      const known = matches.get(index);
      const unchanged = known !== undefined && known.readings.length > 0 &&
        !hasChanged(known.signature, signLine(image, known.readAt));
      return { polygon, known, unchanged };
    });
    return this.#pending.flatMap(({ polygon, unchanged }) => unchanged ? [] : [polygon]);
  }

  /**
   * Takes the readings of the lines that the last {@linkcode LineTracker.look} asked for.
   *
   * A line that has not changed counts as having been read again with the same outcome.
   *
   * @param image The image that was looked at.
   * @param readings One for each line that was asked for, in that order; those that are too unsure make no line.
   * @returns The lines of the image with the texts that they settled on, in the order in which they were found.
   * @throws {RangeError} If there are more or fewer readings than were asked for.
   */
  settle(image: PixelImage, readings: readonly LineReading[]): SettledLine[] {
    const asked = this.#pending.filter(({ unchanged }) => !unchanged).length;
    if (readings.length !== asked) {
      throw new RangeError(`Cannot settle ${asked} lines: received ${readings.length} readings`);
    }
    const fresh = readings[Symbol.iterator]();
    const current = this.#pending.map((line) => {
      if (line.unchanged && line.known !== undefined) return confirm(line.known, line.polygon);
      return reread(line, fresh.next().value ?? { text: "", confidence: 0, quarters: 0 }, image);
    });
    this.#pending = [];
    const seen = new Set(current);
    const missing = this.#known.filter((line) => !seen.has(line) && line.missed < REMEMBERED);
    for (const line of missing) line.missed++;
    this.#known = [...current, ...missing];
    return current.flatMap(describe);
  }
}

/** Pairs each polygon with the known line that it overlaps most, the best pairs first. */
function matchLines(
  polygons: readonly Quadrilateral[],
  known: readonly KnownLine[],
): Map<number, KnownLine> {
  const pairs = polygons.flatMap((polygon, index) =>
    known.flatMap((line) => {
      const overlap = quadrilateralOverlap(polygon, line.polygon);
      return overlap >= LEAST_OVERLAP ? [{ index, line, overlap }] : [];
    })
  );
  const matches = new Map<number, KnownLine>();
  const taken = new Set<KnownLine>();
  for (const { index, line } of pairs.toSorted((a, b) => b.overlap - a.overlap)) {
    if (matches.has(index) || taken.has(line)) continue;
    matches.set(index, line);
    taken.add(line);
  }
  return matches;
}

function confirm(line: KnownLine, polygon: Quadrilateral): KnownLine {
  line.polygon = polygon;
  line.missed = 0;
  const latest = line.readings.at(-1);
  if (latest !== undefined) addReading(line, latest);
  return line;
}

function reread(
  { polygon, known }: PendingLine,
  { text, confidence, quarters }: LineReading,
  image: PixelImage,
): KnownLine {
  const reading = { text, confidence, quarters };
  const signature = signLine(image, polygon);
  if (known === undefined) {
    return { polygon, readings: [reading], readAt: polygon, signature, missed: 0 };
  }
  // What changed in its place has become another text; what moved may merely have been misread.
  if (isSamePlace(polygon, known.readAt)) known.readings = [];
  Object.assign(known, { polygon, readAt: polygon, signature, missed: 0 });
  addReading(known, reading);
  return known;
}

/** A text that has changed may be longer or shorter than before, so one end is enough. */
function isSamePlace(a: Quadrilateral, b: Quadrilateral): boolean {
  const [now, before] = [alongText(a), alongText(b)];
  const [left, right, lowerRight, lowerLeft] = now.map(([x, y], index) =>
    Math.hypot(x - (before[index]?.[0] ?? 0), y - (before[index]?.[1] ?? 0))
  );
  const limit = measureQuadrilateral(before).height * LARGEST_SHIFT;
  const moved = Math.min(
    Math.max(left ?? Infinity, lowerLeft ?? Infinity),
    Math.max(right ?? Infinity, lowerRight ?? Infinity),
  );
  return moved <= limit;
}

function addReading(line: KnownLine, reading: LineReading): void {
  line.readings = [...line.readings, reading].slice(-VOTERS);
}

function describe({ polygon, readings }: KnownLine): SettledLine[] {
  const settled = settleText(readings);
  if (!isReadable(settled)) return [];
  const latest = readings.slice(-STABLE_READINGS);
  const stable = latest.length === STABLE_READINGS &&
    latest.every(({ text }) => text === settled.text);
  const { quarters = 0 } = readings.findLast(({ text }) => text === settled.text) ??
    readings.at(-1) ?? {};
  return [{ polygon: turnCorners(polygon, quarters), ...settled, stable }];
}
