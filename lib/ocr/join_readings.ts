import type { Reading } from "./decode_ctc.ts";

/** The reading of one part of a line. */
export interface PartReading extends Reading {
  /** Blank columns around the cut at its end, at the height of the recognizer's input. */
  gap: number;
}

/** A gap of this many columns is a space between words; letters are at most half as far apart. */
const SPACE_GAP = 7;

/** Scripts that write no spaces between words. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff00-\uffef]/u;

/** Joins the parts of a line that was too long to be read in one go. */
export function joinReadings(parts: readonly PartReading[]): Reading {
  let text = "";
  let sum = 0;
  let gap = 0;
  for (const part of parts) {
    const wide = gap >= SPACE_GAP && text !== "" && part.text !== "";
    const touching = text.slice(-1) + part.text.slice(0, 1);
    if (wide && !UNSPACED.test(touching)) text += " ";
    text += part.text;
    sum += part.confidence * part.text.length;
    gap = part.gap;
  }
  const length = parts.reduce((total, part) => total + part.text.length, 0);
  return { text, confidence: length === 0 ? 0 : sum / length };
}
