/**
 * Rules: what is to be noticed in what a camera, a stream or a video shows.
 *
 * @module
 */

import * as v from "valibot";
import { count, share, text } from "./values.ts";

/** Schema of {@linkcode PicturePoint}. */
export const PicturePointSchema: v.GenericSchema<[x: number, y: number]> = v.strictTuple([
  share,
  share,
]);

/** `[x, y]` as shares of the picture's width and height, from 0 at its left and upper edge to 1. */
export type PicturePoint = v.InferOutput<typeof PicturePointSchema>;

/** Schema of {@linkcode RuleType}. */
export const RuleTypeSchema = v.picklist(["enter", "leave", "dwell", "cross", "count", "text"]);

/** What makes a rule notice something. */
export type RuleType = v.InferOutput<typeof RuleTypeSchema>;

/** Schema of {@linkcode RuleAction}. */
export const RuleActionSchema = v.picklist(["webhook", "mqtt"]);

/** Where an event is sent to, if the server is set up for it. */
export type RuleAction = v.InferOutput<typeof RuleActionSchema>;

const zone = v.nullable(v.pipe(v.array(PicturePointSchema), v.minLength(3), v.maxLength(50)));
const line = v.nullable(v.strictTuple([PicturePointSchema, PicturePointSchema]));
/** Most characters of the name of a class that rules can be about: topics of MQTT are made of them. */
export const MAX_CLASS_LENGTH = 100;

const classes = v.pipe(
  v.array(v.pipe(v.string(), v.maxLength(MAX_CLASS_LENGTH))),
  v.maxLength(1000),
);
const seconds = v.pipe(v.number(), v.minValue(0), v.maxValue(86_400));
const at_least = v.pipe(v.number(), v.integer(), v.minValue(1));
const actions = v.array(RuleActionSchema);

/** Schema of {@linkcode Rule}. */
export const RuleSchema = v.strictObject({
  /** Lower-case letters, digits and hyphens, 40 at most; no other rule of the same camera or set has it. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
  /** For people, 80 characters at most; the id by default. */
  name: v.exactOptional(v.pipe(v.string(), v.regex(/\S/), v.maxLength(80))),
  /** Corners of the part of the picture that counts, 3 to 50 in their order; `null` for all of it, and for `cross`. */
  zone: v.optional(zone, null),
  /** The line of `cross`, from its first to its second point: who goes to the right-hand side of it goes in. */
  line: v.optional(line, null),
  /** Classes of the objects that count, empty for all; for `text`, only what is read in boxes of these classes counts. */
  classes: v.optional(classes, []),
  /** What is noticed. */
  when: RuleTypeSchema,
  /** For `dwell`: how long an object has to stay. */
  seconds: v.optional(seconds, 3),
  /** For `count`: how many objects have to be in the zone at once. */
  at_least: v.optional(at_least, 1),
  /** For `text`: a regular expression in the syntax of RE2, which looks for a match anywhere in a line. */
  pattern: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /**
   * How long the rule keeps silent after an event: for the same object (for `cross`, in the same direction), for the same line of
   * `text`, and for `count` at all.
   */
  cooldown_s: v.optional(seconds, 30),
  /** Where events are sent to, of what the server is set up for. */
  actions: v.optional(actions, ["webhook", "mqtt"]),
});

/** One rule, with defaults for what was left out when it was written. */
export type Rule = v.InferOutput<typeof RuleSchema>;

/** Schema of {@linkcode RuleView}. */
export const RuleViewSchema = v.object({
  ...RuleSchema.entries,
  zone,
  line,
  classes,
  seconds,
  at_least,
  cooldown_s: seconds,
  actions,
});

/** A rule as clients are told it: nothing is left out that has a default. */
export type RuleView = v.InferOutput<typeof RuleViewSchema>;

/** Schema of {@linkcode RuleCounts}. */
export const RuleCountsSchema = v.object({
  /** The rule. */
  rule_id: text,
  /** Objects in its zone now; 0 for `cross` and `text`. */
  inside: count,
  /** Crossings of its line to the right-hand side; 0 for other rules. */
  in: count,
  /** Crossings to the other side; 0 for other rules. */
  out: count,
  /** Events, which may be fewer than crossings because of `cooldown_s`. */
  events: count,
});

/** What a rule has counted since it was set, or since the server started. */
export type RuleCounts = v.InferOutput<typeof RuleCountsSchema>;
