/** Groups the texts of a video, so that one line with several readings is one row. */

import { textDistance } from "./near_text.ts";
import { BRIDGED_FRAMES, Sightings, type TimeSpan } from "./time_spans.ts";

/** One line of text in a video. */
export interface TextRow {
  /** Its most frequent reading. */
  text: string;
  /** When it was seen, in the order of time; at least one. */
  spans: TimeSpan[];
}

/** The texts of one frame, and its time. */
export interface TextFrame {
  /** As they were read. */
  texts: readonly string[];
  /** From this frame to the next. */
  span: TimeSpan;
}

/** Share of the characters by which a reading may differ from another of the same text. */
const NEAR_DISTANCE = 0.2;
/** Text that is read for a moment only is mostly misread. */
const LEAST_FRAMES = 2;

/** The frames in which a text was read so, by their indices, rising. */
type Reading = [text: string, frames: number[]];

/**
 * The rows of all texts, in the order in which they were first seen.
 *
 * Two readings are of one text if they differ only in what is easily mistaken, or if they differ little and the rarer one is
 * seen only while the other one is around, but never beside it.
 */
export function textRows(frames: readonly TextFrame[]): TextRow[] {
  const mains = mainReadings(collectReadings(frames));
  const rows = new Map<string, Sightings>();
  for (const [index, { texts, span }] of frames.entries()) {
    for (const text of texts) {
      const main = mains.get(text) ?? text;
      const sightings = rows.get(main) ?? new Sightings();
      rows.set(main, sightings);
      sightings.see(index, span);
    }
  }
  return [...rows]
    .filter(([, { frames }]) => frames >= LEAST_FRAMES)
    .map(([text, { spans }]) => ({ text, spans }));
}

function collectReadings(frames: readonly TextFrame[]): Reading[] {
  const readings = new Map<string, number[]>();
  for (const [index, { texts }] of frames.entries()) {
    for (const text of new Set(texts)) {
      const known = readings.get(text);
      if (known === undefined) readings.set(text, [index]);
      else known.push(index);
    }
  }
  return [...readings];
}

/** The most frequent reading of each text, by every reading of it. */
function mainReadings(readings: Reading[]): Map<string, string> {
  const mains: Reading[] = [];
  const mainOf = new Map<string, string>();
  for (const reading of readings.sort(([, a], [, b]) => b.length - a.length)) {
    const main = mains.find((other) => isOfSameText(reading, other));
    if (main === undefined) mains.push(reading);
    mainOf.set(reading[0], main?.[0] ?? reading[0]);
  }
  return mainOf;
}

function isOfSameText([text, frames]: Reading, [mainText, mainFrames]: Reading): boolean {
  const lengths = [text.length, mainText.length] as const;
  // Spaces do not count, so this is only a first sieve, for it is far quicker than what follows.
  if (Math.min(...lengths) < 0.5 * Math.max(...lengths)) return false;
  const distance = textDistance(text, mainText);
  if (distance === 0) return true;
  return distance <= NEAR_DISTANCE && isAround(frames, mainFrames) && !isBeside(frames, mainFrames);
}

/** Whether the first frames lie between the first and the last of the others, or close to them. */
function isAround(frames: readonly number[], others: readonly number[]): boolean {
  return (frames[0] ?? 0) >= (others[0] ?? 0) - BRIDGED_FRAMES &&
    (frames.at(-1) ?? 0) <= (others.at(-1) ?? 0) + BRIDGED_FRAMES;
}

function isBeside(frames: readonly number[], others: readonly number[]): boolean {
  const indices = new Set(others);
  return frames.some((index) => indices.has(index));
}
