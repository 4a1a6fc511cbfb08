/**
 * What all rules have in common while they watch a source.
 *
 * @module
 */

import type { NoticedEvent } from "../protocol/event.ts";
import type { FrameSize } from "../protocol/geometry.ts";
import type { Rule } from "../protocol/rule.ts";
import type { FollowedObject, ObjectChanges } from "./followed_objects.ts";
import type { SettledLine } from "./settled_lines.ts";

/** What a rule looks at with each frame. */
export interface Moment extends ObjectChanges {
  /** When the frame came, on the clock of the source. */
  nowMs: number;
  /** The text that is settled. */
  lines: readonly SettledLine[];
}

/** How the objects stand to a rule. */
export interface Tally {
  /** Objects in its zone now. */
  inside: number;
  /** Crossings of its line to the right-hand side, so far. */
  in: number;
  /** Crossings to the other side. */
  out: number;
}

/** A rule that watches one source. */
export interface RuleWatch {
  /** How the objects stand to it. */
  readonly tally: Tally;
  /** Begins anew with frames of a size; what was counted stays. */
  begin(frame: FrameSize): void;
  /** Looks at a frame, and tells what it notices. */
  look(moment: Moment): NoticedEvent[];
}

/** How far beyond a border an object has to be before it counts as across, in sizes of its box. */
export const HYSTERESIS = 0.1;

/** Whether objects of a class count for a rule. */
export function countsFor({ classes }: Rule, label: string): boolean {
  return classes.length === 0 || classes.includes(label);
}

/** Whether a rule may speak again. */
export function isOver({ cooldown_s }: Rule, toldMs: number | undefined, nowMs: number): boolean {
  return toldMs === undefined || nowMs - toldMs >= 1000 * cooldown_s;
}

/** An event that is about no object. */
export function noticed(rule: Rule, about: Partial<NoticedEvent> = {}): NoticedEvent {
  return {
    rule_id: rule.id,
    rule_name: rule.name ?? rule.id,
    type: rule.when,
    label: null,
    track_id: null,
    confidence: null,
    bbox: null,
    text: null,
    count: null,
    direction: null,
    ...about,
  };
}

/** An event about an object. */
export function noticedObject(
  rule: Rule,
  { label, trackId, confidence, bbox }: FollowedObject,
  about: Partial<NoticedEvent> = {},
): NoticedEvent {
  return noticed(rule, { label, track_id: trackId, confidence, bbox, ...about });
}
