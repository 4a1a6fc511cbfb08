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

/** Schema of {@linkcode Rule}. */
export const RuleSchema = v.strictObject({
  /** Lower-case letters, digits and hyphens, 40 at most; no other rule of the same camera or set has it. */
  id: v.pipe(v.string(), v.regex(/^[a-z0-9-]{1,40}$/)),
  /** For people, 80 characters at most; the id by default. */
  name: v.exactOptional(v.pipe(v.string(), v.regex(/\S/), v.maxLength(80))),
  /** Corners of the part of the picture that counts, 3 to 50; `null` for all of it. */
  zone: v.optional(
    v.nullable(v.pipe(v.array(PicturePointSchema), v.minLength(3), v.maxLength(50))),
    null,
  ),
  /** The line of `cross`, from its first to its second point: who goes to the right-hand side of it goes in. */
  line: v.optional(v.nullable(v.strictTuple([PicturePointSchema, PicturePointSchema])), null),
  /** Labels of the objects that count; empty for all. */
  classes: v.optional(v.pipe(v.array(text), v.maxLength(1000)), []),
  /** What is noticed. */
  when: RuleTypeSchema,
  /** For `dwell`: how long an object has to stay. */
  seconds: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)), 3),
  /** For `count`: how many objects have to be in the zone at once. */
  at_least: v.optional(v.pipe(count, v.minValue(1)), 1),
  /** For `text`: a regular expression in the syntax of RE2, which looks for a match anywhere in a line. */
  pattern: v.exactOptional(v.pipe(v.string(), v.minLength(1), v.maxLength(200))),
  /** How long the rule keeps silent after an event, for the same object or, for `count` and `text`, at all. */
  cooldown_s: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(86_400)), 30),
  /** Where events are sent to, of what the server is set up for. */
  actions: v.optional(v.array(RuleActionSchema), ["webhook", "mqtt"]),
});

/** One rule, as it is written and told. */
export type Rule = v.InferOutput<typeof RuleSchema>;
