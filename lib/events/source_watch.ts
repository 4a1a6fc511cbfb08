/**
 * Joins the rules of one source to where events go.
 *
 * @module
 */

import type { PipelineResult } from "../protocol/result.ts";
import type { Rule, RuleCounts } from "../protocol/rule.ts";
import type { EventSink, EventSource } from "./event_sink.ts";
import { RuleEvaluator } from "./rule_evaluator.ts";

/** Watches a camera, or a stream, with its rules. Without rules it does nothing. */
export class SourceWatch {
  readonly #sink: EventSink;
  readonly #evaluator: RuleEvaluator;
  #source: EventSource;
  #rules: readonly Rule[];

  /**
   * Begins with nothing seen.
   *
   * @param sink Takes the events
   */
  constructor(source: EventSource, rules: readonly Rule[], sink: EventSink) {
    this.#source = source;
    this.#rules = rules;
    this.#sink = sink;
    this.#evaluator = new RuleEvaluator(rules);
  }

  /** What each rule has counted. */
  get counts(): RuleCounts[] {
    return this.#evaluator.counts();
  }

  /**
   * Takes a result.
   *
   * @param frame `jpeg` is the frame as received, `arrivedMs` when it arrived, by `performance.now()`
   */
  observe(
    result: PipelineResult,
    { jpeg, arrivedMs }: { jpeg: Uint8Array<ArrayBuffer>; arrivedMs: number },
  ): void {
    if (this.#rules.length === 0) return;
    const events = this.#evaluator.update(result, arrivedMs);
    const atMs = Math.round(Date.now() - (performance.now() - arrivedMs));
    for (const event of events) {
      const actions = this.#rules.find(({ id }) => id === event.rule_id)?.actions ?? [];
      this.#sink.record({ source: this.#source, event, actions, atMs, jpeg });
    }
    if ("cameraId" in this.#source) {
      this.#sink.noteObjects(this.#source, this.#evaluator.countByLabel());
    }
  }

  /** Watches with other rules, or under another name; what has not changed goes on. */
  change(source: EventSource, rules: readonly Rule[]): void {
    if (rules.length === 0) this.pause();
    this.#source = source;
    this.#rules = rules;
    this.#evaluator.setRules(rules);
  }

  /** Notes that no frames come for now, or those of something else: nothing is there any more. */
  pause(): void {
    if (this.#rules.length === 0) return;
    this.#evaluator.reset();
    if ("cameraId" in this.#source) this.#sink.noteObjects(this.#source, new Map());
  }
}
