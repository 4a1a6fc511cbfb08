/**
 * Checks rules as people write them.
 *
 * @module
 */

import * as v from "valibot";
import { cutText } from "../cut_text.ts";
import {
  MAX_CLASS_LENGTH,
  type PicturePoint,
  type Rule,
  RuleActionSchema,
  RuleSchema,
  RuleTypeSchema,
} from "../protocol/rule.ts";
import { RuleError } from "./errors.ts";
import { areaOf, crossesItself } from "./geometry.ts";
import { TextPattern } from "./text_pattern.ts";

/** Most rules of a camera, a set or a video. */
const MAX_RULES = 100;

/** Most instructions of all patterns of a list together, which are compiled at once, and which each new line of text has to pass. */
const MOST_INSTRUCTIONS = 5000;

/** Least area of a zone, as a share of the picture: a square of a hundredth of its width and height. */
const LEAST_AREA = 0.0001;

/** Least length of a line, as a share of the picture. */
const LEAST_LENGTH = 0.01;

/** What each field may be, as the end of a sentence. */
const EXPECTED: Readonly<Record<keyof Rule, string>> = {
  id: "1 to 40 lower-case letters, digits and hyphens",
  name: "text of 1 to 80 characters",
  zone: "null, or 3 to 50 corners [x, y], each a share of the picture between 0 and 1",
  line: "null, or two points [x, y], each a share of the picture between 0 and 1",
  classes: `a list of up to 1000 names of classes, each of ${MAX_CLASS_LENGTH} characters at most`,
  when: `one of ${RuleTypeSchema.options.join(", ")}`,
  seconds: "a number between 0 and 86400",
  at_least: "a whole number above 0",
  pattern: "a regular expression of 1 to 200 characters",
  cooldown_s: "a number between 0 and 86400",
  actions: `a list of ${RuleActionSchema.options.join(" and ")}`,
};

/**
 * Checks a list of rules, and fills in defaults. Whether there are their classes is for {@linkcode checkFit} to say.
 *
 * @param value As it was parsed from JSON
 * @param place What the list is called in messages
 * @throws {RuleError} If one of them cannot be used
 */
export function parseRules(value: unknown, place = "rules"): Rule[] {
  if (!Array.isArray(value)) throw new RuleError(place, "expected a list of rules");
  if (value.length > MAX_RULES) {
    const problem = `it has ${value.length} rules, and there may be ${MAX_RULES}`;
    throw new RuleError(place, problem);
  }
  const ids = new Set<string>();
  let instructions = 0;
  return value.map((each, index) => {
    const rule = parseRule(each, `${place}[${index}]`);
    instructions += checkPattern(rule, `${place}[${index}].pattern`);
    if (instructions > MOST_INSTRUCTIONS) {
      const problem = `with it, the patterns come to ${instructions} instructions, and ` +
        `${MOST_INSTRUCTIONS} are allowed: repeat less`;
      throw new RuleError(`${place}[${index}].pattern`, problem);
    }
    if (ids.has(rule.id)) {
      throw new RuleError(`${place}[${index}].id`, `"${rule.id}" is there twice`);
    }
    ids.add(rule.id);
    return rule;
  });
}

function parseRule(value: unknown, place: string): Rule {
  if (Array.isArray(value)) throw new RuleError(place, "expected a JSON object");
  const { success, output, issues } = v.safeParse(RuleSchema, value, { abortEarly: true });
  if (!success) return refuse(issues[0].path, value, place);
  checkZone(output, `${place}.zone`);
  checkLine(output, `${place}.line`);
  return output;
}

/** Tells which field cannot be used. */
function refuse(
  path: readonly { key: unknown; value: unknown }[] | undefined,
  value: unknown,
  place: string,
): never {
  const field = path?.[0]?.key;
  if (typeof field !== "string") throw new RuleError(place, "expected a JSON object");
  if (!Object.hasOwn(EXPECTED, field)) {
    const fields = Object.keys(EXPECTED).join(", ");
    throw new RuleError(`${place}.${cutText(field, 64)}`, `no such field, there are ${fields}`);
  }
  const given = (value as Record<string, unknown>)[field];
  const expected = EXPECTED[field as keyof Rule];
  throw new RuleError(`${place}.${field}`, `expected ${expected}, got ${quote(given)}`);
}

function checkZone({ when, zone }: Rule, place: string): void {
  if (zone === null) return;
  if (when === "cross") {
    throw new RuleError(place, '"cross" has a line and no zone: expected null or nothing');
  }
  if (crossesItself(zone)) {
    const problem = "its edges cross or touch each other: give the corners in their order";
    throw new RuleError(place, problem);
  }
  if (areaOf(zone) < LEAST_AREA) {
    const problem = `it has no area: expected at least ${LEAST_AREA} of the picture`;
    throw new RuleError(place, problem);
  }
}

function checkLine({ when, line }: Rule, place: string): void {
  if (when !== "cross") {
    if (line === null) return;
    throw new RuleError(place, `only "cross" has a line, not "${when}": expected null or nothing`);
  }
  if (line === null) {
    throw new RuleError(place, '"cross" needs a line: expected two points [x, y]');
  }
  if (lengthOf(line) < LEAST_LENGTH) {
    const problem = `its points are the same: expected at least ${LEAST_LENGTH} between them`;
    throw new RuleError(place, problem);
  }
}

/** Checks a pattern, and tells how many instructions it comes to, with what its classes take. */
function checkPattern({ when, pattern }: Rule, place: string): number {
  if (when !== "text") {
    if (pattern === undefined) return 0;
    throw new RuleError(place, `only "text" has a pattern, not "${when}": leave it out`);
  }
  if (pattern === undefined) {
    throw new RuleError(place, '"text" needs a pattern: expected a regular expression');
  }
  try {
    return new TextPattern(pattern).size;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new RuleError(place, cause.message);
  }
}

function lengthOf([[ax, ay], [bx, by]]: readonly [PicturePoint, PicturePoint]): number {
  return Math.hypot(bx - ax, by - ay);
}

function quote(value: unknown): string {
  return value === undefined ? "nothing" : cutText(JSON.stringify(value) ?? "", 64);
}
