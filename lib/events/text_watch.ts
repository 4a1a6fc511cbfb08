/**
 * Rules on text that is read: `text`.
 *
 * @module
 */

import type { NoticedEvent } from "../protocol/event.ts";
import type { FrameSize } from "../protocol/geometry.ts";
import type { Rule } from "../protocol/rule.ts";
import { GRACE_MS } from "./followed_objects.ts";
import { isOver, type Moment, noticed, type RuleWatch, type Tally } from "./rule_watch.ts";
import type { SettledLine } from "./settled_lines.ts";
import { TextPattern } from "./text_pattern.ts";
import { Zone } from "./zone.ts";

/** Most lines of which it is remembered whether they match, and when they were told. */
const MAX_LINES = 500;

/** What has been told of a line. */
interface Told {
  toldMs: number;
  seenMs: number;
}

/** Watches the text of a source. */
export class TextWatch implements RuleWatch {
  readonly #rule: Rule;
  readonly #pattern: TextPattern;
  readonly #matches = new Map<string, boolean>();
  readonly #told = new Map<string, Told>();
  #zone: Zone | undefined;

  /** Begins with nothing read. */
  constructor(rule: Rule) {
    this.#rule = rule;
    this.#pattern = new TextPattern(rule.pattern ?? "");
  }

  /** Text is in no zone, and crosses no line. */
  get tally(): Tally {
    return { inside: 0, in: 0, out: 0 };
  }

  /** Goes on with frames of a size; what was told stays so. */
  begin(frame: FrameSize): void {
    const { zone } = this.#rule;
    this.#zone = zone === null ? undefined : new Zone(zone, frame);
  }

  /** Looks at a frame, and tells what it notices. */
  look({ nowMs, lines }: Moment): NoticedEvent[] {
    return lines.filter((line) => this.#isMeant(line)).flatMap((line) => {
      const { text, confidence, bbox, object } = line;
      if (!this.#isNews(text, nowMs)) return [];
      return noticed(this.#rule, {
        text,
        confidence,
        bbox,
        label: object?.label ?? null,
        track_id: object?.track_id ?? null,
      });
    });
  }

  /** Whether a line matches, lies in the zone and, where there are classes, in an object of one of them. */
  #isMeant({ text, anchor, object }: SettledLine): boolean {
    const { classes } = this.#rule;
    const isInPlace = classes.length === 0
      ? object === undefined
      : object !== undefined && classes.includes(object.label);
    if (!isInPlace || !(this.#zone?.holds(anchor) ?? true)) return false;
    const known = this.#matches.get(text);
    if (known !== undefined) return known;
    const matches = this.#pattern.matches(text);
    remember(this.#matches, text, matches);
    return matches;
  }

  /** Whether a line has not been told yet, or has been away since and the cooldown is over. */
  #isNews(text: string, nowMs: number): boolean {
    const told = this.#told.get(text);
    const isNews = told === undefined ||
      nowMs - told.seenMs > GRACE_MS && isOver(this.#rule, told.toldMs, nowMs);
    this.#told.delete(text);
    remember(this.#told, text, { toldMs: isNews ? nowMs : told.toldMs, seenMs: nowMs });
    return isNews;
  }
}

function remember<Value>(map: Map<string, Value>, text: string, value: Value): void {
  map.set(text, value);
  const [oldest] = map.keys();
  if (map.size > MAX_LINES && oldest !== undefined) map.delete(oldest);
}
