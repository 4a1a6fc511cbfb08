/**
 * Decides what rules notice in the results of one source.
 *
 * @module
 */

import { scaleBox, scaleResult } from "../image/scale_result.ts";
import type { Size } from "../image/size.ts";
import { SteadySize } from "../image/steady_size.ts";
import type { NoticedEvent } from "../protocol/event.ts";
import type { PipelineResult } from "../protocol/result.ts";
import type { Rule, RuleCounts } from "../protocol/rule.ts";
import { FollowedObjects, PRESENT_MS } from "./followed_objects.ts";
import { LineWatch } from "./line_watch.ts";
import type { RuleWatch } from "./rule_watch.ts";
import { SettledLines } from "./settled_lines.ts";
import { TextWatch } from "./text_watch.ts";
import { ZoneWatch } from "./zone_watch.ts";

/** Time between two frames, at the most, that counts: a source that was away has seen nobody stay or go. */
const LONGEST_STEP_MS = 2000;

/** A rule at work. */
interface Watched {
  rule: Rule;
  watch: RuleWatch;
  /** Events so far. */
  events: number;
}

/**
 * Looks at the results of one source in their order, with any number of rules. It depends on nothing else: the same results give
 * the same events.
 *
 * @example
 * ```ts
 * const evaluator = new RuleEvaluator(parseRules([{ id: "visitor", when: "enter", classes: ["person"] }]));
 * for (const { result, timestamp_ms } of results) {
 *   for (const { rule_id, label } of evaluator.update(result, timestamp_ms)) console.log(rule_id, label);
 * }
 * ```
 */
export class RuleEvaluator {
  readonly #objects = new FollowedObjects();
  readonly #lines = new SettledLines();
  #watched: Watched[] = [];
  #readsText = false;
  readonly #size = new SteadySize();
  /** The size in whose pixels everything is looked at; `undefined` before the first frame. */
  #frame: Size | undefined;
  /** Time in which frames came, in milliseconds. */
  #nowMs = 0;
  #lastMs: number | undefined;

  /** Begins with nothing seen. */
  constructor(rules: readonly Rule[]) {
    this.setRules(rules);
  }

  /** Looks with other rules from now on; those that have not changed go on with what they know. */
  setRules(rules: readonly Rule[]): void {
    const before = new Map(this.#watched.map((each) => [JSON.stringify(each.rule), each]));
    this.#watched = rules.map((rule) =>
      before.get(JSON.stringify(rule)) ?? this.#begin({ rule, watch: toWatch(rule), events: 0 })
    );
    this.#readsText = rules.some(({ when }) => when === "text");
  }

  /**
   * Takes the result of the next frame.
   *
   * @param atMs When the frame was taken, in milliseconds of any steady clock
   */
  update(result: PipelineResult, atMs: number): NoticedEvent[] {
    this.#nowMs += Math.max(0, Math.min(LONGEST_STEP_MS, atMs - (this.#lastMs ?? atMs)));
    this.#lastMs = atMs;
    const frame = this.#size.next(result.image);
    if (frame !== this.#frame) {
      this.#frame = frame;
      this.reset();
    }
    const scaled = scaleResult(result, frame);
    const nowMs = this.#nowMs;
    const moment = {
      nowMs,
      ...this.#objects.update(scaled.detections, nowMs, frame),
      lines: this.#readsText ? this.#lines.update(scaled, nowMs) : [],
    };
    const events: NoticedEvent[] = [];
    for (const each of this.#watched) {
      const noticed = each.watch.look(moment);
      each.events += noticed.length;
      events.push(...noticed);
    }
    for (const object of moment.seen) object.path = [];
    if (scaled === result) return events;
    return events.map((event) => ({
      ...event,
      bbox: event.bbox && scaleBox(event.bbox, frame, result.image),
    }));
  }

  /** Forgets the objects, for a source that stops, or shows something else from now on; what was counted stays. */
  reset(): void {
    this.#objects.clear();
    for (const each of this.#watched) this.#begin(each);
  }

  /** How many objects of each class are there now. */
  countByLabel(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { label, seenAtMs } of this.#objects.settled) {
      if (this.#nowMs - seenAtMs <= PRESENT_MS) counts.set(label, (counts.get(label) ?? 0) + 1);
    }
    return counts;
  }

  /** What each rule has counted. */
  counts(): RuleCounts[] {
    return this.#watched.map(({ rule, watch, events }) => ({
      rule_id: rule.id,
      ...watch.tally,
      events,
    }));
  }

  #begin(watched: Watched): Watched {
    if (this.#frame !== undefined) watched.watch.begin(this.#frame);
    return watched;
  }
}

function toWatch(rule: Rule): RuleWatch {
  switch (rule.when) {
    case "cross":
      return new LineWatch(rule);
    case "text":
      return new TextWatch(rule);
    default:
      return new ZoneWatch(rule);
  }
}
