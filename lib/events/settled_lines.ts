/**
 * The lines of text of a source that are certain enough for rules.
 *
 * @module
 */

import type { Detection } from "../protocol/detection.ts";
import type { BoundingBox } from "../protocol/geometry.ts";
import type { PipelineResult } from "../protocol/result.ts";
import { GRACE_MS } from "./followed_objects.ts";
import type { Place } from "./geometry.ts";

/** A line of text that is settled. */
export interface SettledLine {
  /** As it was read. */
  text: string;
  /** How certain the model is of it, or of the object that it was read in. */
  confidence: number;
  /** Around the text, or the object. */
  bbox: BoundingBox;
  /** What decides whether it is in a zone, in pixels: the middle of the text, or of the object's lower edge. */
  anchor: Place;
  /** The object that it was read in; `undefined` for text of the picture as a whole. */
  object: Detection | undefined;
}

/** A line as often as it was read in frames of late. */
interface Readings {
  count: number;
  /** The frame of the newest. */
  frame: number;
  seenMs: number;
}

/** Readings that make a line certain where the reader does not say so itself. */
const SETTLED_AFTER = 2;

/** Most lines that are remembered. */
const MAX_LINES = 500;

/** Tells which lines are settled: those that the reader calls stable or, where it does not say, those read alike twice. */
export class SettledLines {
  readonly #readings = new Map<string, Readings>();

  /** The settled lines of a result. */
  update(result: PipelineResult, nowMs: number): SettledLine[] {
    const { text_blocks, detections, text_frame_index } = result;
    if (text_blocks.length === 0) return [];
    const settled = new Set<string>();
    for (const { text, stable } of text_blocks) {
      if (stable ?? this.#isReadTwice(text, text_frame_index ?? 0, nowMs)) settled.add(text);
    }
    const ofPicture = text_blocks.filter(({ text }) => settled.has(text)).map((block) => ({
      text: block.text,
      confidence: block.confidence,
      bbox: block.bbox,
      anchor: middleOf(block.bbox),
      object: undefined,
    }));
    const inObjects = detections.flatMap((object) =>
      (object.text?.split("\n") ?? []).filter((text) => settled.has(text)).map((text) => ({
        text,
        confidence: object.confidence,
        bbox: object.bbox,
        anchor: footOf(object.bbox),
        object,
      }))
    );
    return [...ofPicture, ...inObjects];
  }

  /** Whether a line was read in two frames not long ago; a result may repeat what was read in an earlier frame. */
  #isReadTwice(text: string, frame: number, nowMs: number): boolean {
    const before = this.#readings.get(text);
    const isFresh = before === undefined || nowMs - before.seenMs > GRACE_MS;
    const readings = isFresh
      ? { count: 1, frame, seenMs: nowMs }
      : { count: before.count + (before.frame === frame ? 0 : 1), frame, seenMs: nowMs };
    this.#readings.delete(text);
    this.#readings.set(text, readings);
    const [oldest] = this.#readings.keys();
    if (this.#readings.size > MAX_LINES && oldest !== undefined) this.#readings.delete(oldest);
    return readings.count >= SETTLED_AFTER;
  }
}

function middleOf([x, y, width, height]: BoundingBox): Place {
  return [x + width / 2, y + height / 2];
}

function footOf([x, y, width, height]: BoundingBox): Place {
  return [x + width / 2, y + height];
}
